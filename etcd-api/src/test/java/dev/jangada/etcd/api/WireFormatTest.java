package dev.jangada.etcd.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.EnumDescriptor;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.Descriptors.MethodDescriptor;
import com.google.protobuf.Descriptors.ServiceDescriptor;
import dev.jangada.etcd.api.authpb.Auth;
import dev.jangada.etcd.api.etcdserverpb.Compare;
import dev.jangada.etcd.api.etcdserverpb.KVGrpc;
import dev.jangada.etcd.api.etcdserverpb.RangeRequest;
import dev.jangada.etcd.api.etcdserverpb.Rpc;
import dev.jangada.etcd.api.etcdserverpb.WatchGrpc;
import dev.jangada.etcd.api.mvccpb.Kv;
import dev.jangada.etcd.api.v3electionpb.V3Election;
import dev.jangada.etcd.api.v3lockpb.V3Lock;
import io.grpc.MethodDescriptor.MethodType;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/**
 * Existing clients were compiled against these numbers and names, so a change of any line of the
 * table is a break of all of them, and no compiler would tell.
 */
class WireFormatTest {

  @Test
  void everyNameAndNumberIsTheOneThatClientsWereCompiledAgainst() throws IOException {
    List<String> facts = new ArrayList<>();
    for (FileDescriptor file :
        List.of(
            Kv.getDescriptor(),
            Auth.getDescriptor(),
            Rpc.getDescriptor(),
            V3Lock.getDescriptor(),
            V3Election.getDescriptor())) {
      file.getServices().forEach(service -> describe(service, facts));
      file.getMessageTypes().forEach(message -> describe(message, facts));
      file.getEnumTypes().forEach(type -> describe(type, facts));
    }

    assertThat(String.join("\n", facts) + "\n").isEqualTo(resource("wire-format.txt"));
  }

  @Test
  void rangeRequestIsEncodedByteForByteAsClientsEncodeIt() {
    RangeRequest request =
        RangeRequest.newBuilder()
            .setKey(ByteString.copyFromUtf8("a"))
            .setRangeEnd(ByteString.copyFromUtf8("b"))
            .setLimit(2)
            .setRevision(300)
            .setSortOrder(RangeRequest.SortOrder.DESCEND)
            .setSortTarget(RangeRequest.SortTarget.MOD)
            .setSerializable(true)
            .setKeysOnly(true)
            .build();

    assertThat(HexFormat.of().formatHex(request.toByteArray()))
        .isEqualTo("0a0161" + "120162" + "1802" + "20ac02" + "2802" + "3003" + "3801" + "4001");
  }

  @Test
  void rangeEndOfCompareIsFieldSixtyFour() {
    Compare compare = Compare.newBuilder().setRangeEnd(ByteString.copyFrom(new byte[1])).build();

    assertThat(HexFormat.of().formatHex(compare.toByteArray())).isEqualTo("82040100");
  }

  @Test
  void methodsAreServedUnderTheNamesThatClientsCall() {
    assertThat(KVGrpc.getRangeMethod().getFullMethodName()).isEqualTo("etcdserverpb.KV/Range");
    assertThat(WatchGrpc.getWatchMethod().getFullMethodName())
        .isEqualTo("etcdserverpb.Watch/Watch");
    assertThat(WatchGrpc.getWatchMethod().getType()).isEqualTo(MethodType.BIDI_STREAMING);
  }

  private static void describe(ServiceDescriptor service, List<String> facts) {
    for (MethodDescriptor method : service.getMethods()) {
      facts.add(
          "rpc %s/%s (%s%s) returns (%s%s)"
              .formatted(
                  service.getFullName(),
                  method.getName(),
                  method.isClientStreaming() ? "stream " : "",
                  method.getInputType().getFullName(),
                  method.isServerStreaming() ? "stream " : "",
                  method.getOutputType().getFullName()));
    }
  }

  private static void describe(Descriptor message, List<String> facts) {
    facts.add("message " + message.getFullName());
    for (FieldDescriptor field : message.getFields()) {
      facts.add(
          "  %d %s%s %s"
              .formatted(
                  field.getNumber(),
                  field.isRepeated() ? "repeated " : "",
                  typeOf(field),
                  field.getName()));
    }
    message.getEnumTypes().forEach(type -> describe(type, facts));
  }

  private static void describe(EnumDescriptor type, List<String> facts) {
    facts.add("enum " + type.getFullName());
    for (EnumValueDescriptor value : type.getValues()) {
      facts.add("  " + value.getNumber() + " " + value.getName());
    }
  }

  private static String typeOf(FieldDescriptor field) {
    return switch (field.getJavaType()) {
      case MESSAGE -> field.getMessageType().getFullName();
      case ENUM -> field.getEnumType().getFullName();
      case INT, LONG, FLOAT, DOUBLE, BOOLEAN, STRING, BYTE_STRING ->
          field.getType().toString().toLowerCase(java.util.Locale.ROOT);
    };
  }

  private static String resource(String name) throws IOException {
    try (InputStream in = WireFormatTest.class.getResourceAsStream(name)) {
      return new String(Objects.requireNonNull(in, name).readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
