// Rules that the configuration proto itself has to keep.

#include "gateway/config/config_field.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "absl/strings/match.h"
#include "gateway/config/field_comments.h"
#include "gateway/config/field_value.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/dynamic_message.h"
#include "runcast/config/v1/gateway_config.pb.h"

namespace runcast::config {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

// Every field of the configuration, those of lists included.
std::vector<const FieldDescriptor*> AllFields(
    const Descriptor& type = *v1::GatewayConfig::descriptor()) {
  std::vector<const FieldDescriptor*> fields;
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    fields.push_back(&field);
    if (KindOf(field) == FieldKind::kSection || KindOf(field) == FieldKind::kSectionList) {
      for (const FieldDescriptor* inner : AllFields(*field.message_type())) {
        fields.push_back(inner);
      }
    }
  }
  return fields;
}

// Sets `text` in a fresh message of the field's type.
ValueFault TrySet(const FieldDescriptor& field, const std::string& text) {
  google::protobuf::Message* const message = google::protobuf::MessageFactory::generated_factory()
                                                 ->GetPrototype(field.containing_type())
                                                 ->New();
  const ValueFault fault = SetFromText(*message, field, text);
  delete message;
  return fault;
}

TEST(ConfigProtoTest, EveryDefaultIsWithinItsOwnRange) {
  for (const FieldDescriptor* field : AllFields()) {
    const std::string& text = RuleOf(*field).default_value();
    if (text.empty()) continue;
    EXPECT_EQ(TrySet(*field, text), std::nullopt) << field->full_name();
  }
}

TEST(ConfigProtoTest, EveryBoundIsLegalItself) {
  for (const FieldDescriptor* field : AllFields()) {
    for (const std::string& bound : {RuleOf(*field).min(), RuleOf(*field).max()}) {
      if (bound.empty()) continue;
      EXPECT_EQ(TrySet(*field, bound), std::nullopt) << field->full_name() << " " << bound;
    }
  }
}

TEST(ConfigProtoTest, DefaultAndBoundsStandOnlyWhereTheyMeanSomething) {
  for (const FieldDescriptor* field : AllFields()) {
    const FieldKind kind = KindOf(*field);
    const bool has_range = !RuleOf(*field).min().empty() || !RuleOf(*field).max().empty();
    if (has_range) {
      EXPECT_TRUE(kind == FieldKind::kNumber || kind == FieldKind::kDuration) << field->full_name();
    }
    if (kind == FieldKind::kNumber || kind == FieldKind::kDuration) {
      EXPECT_FALSE(RuleOf(*field).max().empty()) << field->full_name() << " has no largest value";
    }
    if (RuleOf(*field).file() || RuleOf(*field).secret()) {
      EXPECT_EQ(kind, FieldKind::kText) << field->full_name();
    }
    EXPECT_TRUE(!field->is_repeated() || RuleOf(*field).default_value().empty());
  }
}

TEST(ConfigProtoTest, EveryWordHasADefaultOrMustBeGiven) {
  for (const FieldDescriptor* field : AllFields()) {
    if (KindOf(*field) != FieldKind::kWord) continue;
    EXPECT_TRUE(RuleOf(*field).required() || !DefaultText(*field).empty()) << field->full_name();
  }
}

TEST(ConfigProtoTest, EveryFieldHasACommentForTheHelp) {
  for (const FieldDescriptor* field : AllFields()) {
    EXPECT_FALSE(FieldComment(field->full_name()).empty()) << field->full_name();
  }
  EXPECT_EQ(FieldComment("runcast.config.v1.PollingConfig.linger"),
            "How long a run is polled on after its last follower left.");
  EXPECT_EQ(FieldComment("unknown"), "");
}

TEST(ConfigProtoTest, FlagsAndVariablesAreUnambiguous) {
  std::set<std::string> flags = {"--config", "--help", "--version", "--check-config",
                                 "--print-config"};
  std::set<std::string> variables = {"RUNCAST_CONFIG"};
  for (const ScalarField& scalar : ScalarFields()) {
    EXPECT_TRUE(flags.insert(scalar.flag()).second) << scalar.flag();
    EXPECT_TRUE(variables.insert(scalar.variable()).second) << scalar.variable();
    // The client program reads RUNCAST_GATEWAY.
    EXPECT_FALSE(absl::StartsWith(scalar.variable(), "RUNCAST_GATEWAY")) << scalar.variable();
  }
}

TEST(ConfigProtoTest, NamesFollowFromThePath) {
  for (const ScalarField& scalar : ScalarFields()) {
    if (scalar.path() != "server.tls_client_ca_file") continue;
    EXPECT_EQ(scalar.flag(), "--server-tls-client-ca-file");
    EXPECT_EQ(scalar.variable(), "RUNCAST_SERVER_TLS_CLIENT_CA_FILE");
    return;
  }
  FAIL() << "server.tls_client_ca_file is gone";
}

}  // namespace
}  // namespace runcast::config
