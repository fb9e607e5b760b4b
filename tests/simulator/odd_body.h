// Bodies no client should trust. Pure.

#ifndef RUNCAST_TESTS_SIMULATOR_ODD_BODY_H_
#define RUNCAST_TESTS_SIMULATOR_ODD_BODY_H_

#include <cstddef>
#include <string>

namespace runcast::simulator {

// Every number a text that is none, every text a number, every object a list.
std::string WithWrongTypes(const std::string& json_object);
// A byte no UTF-8 text has, inside a string.
std::string WithInvalidUtf8(const std::string& json_object);
// `_id` and `status` twice, with other values the second time.
std::string WithDuplicateKeys(const std::string& json_object);
// The object with a member that is `depth` lists in one another.
std::string WithDeepNesting(const std::string& json_object, size_t depth);
// The object with a member that fills it up to `size` bytes.
std::string Padded(const std::string& json_object, size_t size);
std::string WithId(const std::string& json_object, const std::string& id);
// gzip of `size` bytes of JSON padding: about a thousandth of it.
const std::string& GzipBomb(size_t size);

}  // namespace runcast::simulator

#endif  // RUNCAST_TESTS_SIMULATOR_ODD_BODY_H_
