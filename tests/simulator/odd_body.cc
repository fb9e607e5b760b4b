#include "tests/simulator/odd_body.h"

#include <zlib.h>

#include <array>
#include <map>

#include "tests/simulator/json.h"

namespace runcast::simulator {
namespace {

Json Swapped(const Json& value, int depth) {
  if (value.is_object() && depth == 0) {
    Json swapped = Json::object();
    for (const auto& [name, member] : value.items()) swapped[name] = Swapped(member, depth + 1);
    return swapped;
  }
  if (value.is_object()) return Json::array({1, 2, 3});
  if (value.is_string()) return 17;
  if (value.is_number()) return "a number";
  if (value.is_boolean()) return Json::object();
  return value;
}

// The members without the closing brace, ready for one more.
std::string Open(const std::string& json_object) {
  const size_t end = json_object.rfind('}');
  if (end == std::string::npos) return "{";
  std::string open = json_object.substr(0, end);
  if (open != "{") open += ",";
  return open;
}

}  // namespace

std::string WithWrongTypes(const std::string& json_object) {
  return Swapped(Json::parse(json_object, nullptr, false), 0).dump();
}

std::string WithInvalidUtf8(const std::string& json_object) {
  return Open(json_object) + "\"note\":\"\xc3\x28 \xff\"}";
}

std::string WithDuplicateKeys(const std::string& json_object) {
  return Open(json_object) + "\"_id\":\"tr-duplicate\",\"status\":\"completed\"}";
}

std::string WithDeepNesting(const std::string& json_object, size_t depth) {
  return Open(json_object) + "\"deep\":" + std::string(depth, '[') + std::string(depth, ']') + "}";
}

std::string Padded(const std::string& json_object, size_t size) {
  std::string padded = Open(json_object) + "\"padding\":\"";
  if (padded.size() + 2 < size) padded.append(size - padded.size() - 2, 'x');
  return padded + "\"}";
}

std::string WithId(const std::string& json_object, const std::string& id) {
  Json body = Json::parse(json_object, nullptr, false);
  if (!body.is_object()) return json_object;
  body["_id"] = id;
  if (body.contains("result") && body["result"].is_object()) body["result"]["_id"] = id;
  return body.dump();
}

const std::string& GzipBomb(size_t size) {
  static std::map<size_t, std::string> made;
  std::string& packed = made[size];
  if (!packed.empty()) return packed;
  z_stream stream{};
  constexpr int kGzipWrapper = 15 + 16;
  deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, kGzipWrapper, 9, Z_DEFAULT_STRATEGY);
  std::string piece(1 << 16, ' ');
  std::array<char, 1 << 16> out{};
  const auto pump = [&](std::string& input, size_t input_size, int flush) {
    stream.next_in = reinterpret_cast<Bytef*>(input.data());
    stream.avail_in = static_cast<uInt>(input_size);
    do {
      stream.next_out = reinterpret_cast<Bytef*>(out.data());
      stream.avail_out = static_cast<uInt>(out.size());
      deflate(&stream, flush);
      packed.append(out.data(), out.size() - stream.avail_out);
    } while (stream.avail_out == 0);
  };
  for (size_t left = size; left > 0;) {
    const size_t step = std::min(left, piece.size());
    pump(piece, step, Z_NO_FLUSH);
    left -= step;
  }
  std::string end = "{}";
  pump(end, end.size(), Z_FINISH);
  deflateEnd(&stream);
  return packed;
}

}  // namespace runcast::simulator
