package dev.jangada.cli.ctl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.jangada.etcd.api.etcdserverpb.Compare;
import dev.jangada.etcd.api.etcdserverpb.Compare.CompareResult;
import dev.jangada.etcd.api.etcdserverpb.Compare.CompareTarget;
import dev.jangada.etcd.api.etcdserverpb.DeleteRangeRequest;
import dev.jangada.etcd.api.etcdserverpb.PutRequest;
import dev.jangada.etcd.api.etcdserverpb.RangeRequest;
import dev.jangada.etcd.api.etcdserverpb.RequestOp;
import dev.jangada.etcd.api.etcdserverpb.TxnRequest;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TxnScriptTest {

  private final List<String> prompts = new ArrayList<>();

  private TxnRequest read(String text) {
    Iterator<String> lines = text.lines().iterator();
    return TxnScript.read(() -> lines.hasNext() ? lines.next() : null, prompts::add);
  }

  @Test
  void threeListsAreRead() {
    TxnRequest request =
        read(
            """
            mod("k") > "7"
            value("k") != "a b"

            put k "x y" --lease=1f --prev-kv

            get --prefix k --limit=2
            del k l

            """);

    assertThat(request)
        .isEqualTo(
            TxnRequest.newBuilder()
                .addCompare(
                    Compare.newBuilder()
                        .setKey(bytes("k"))
                        .setTarget(CompareTarget.MOD)
                        .setResult(CompareResult.GREATER)
                        .setModRevision(7))
                .addCompare(
                    Compare.newBuilder()
                        .setKey(bytes("k"))
                        .setTarget(CompareTarget.VALUE)
                        .setResult(CompareResult.NOT_EQUAL)
                        .setValue(bytes("a b")))
                .addSuccess(
                    RequestOp.newBuilder()
                        .setRequestPut(
                            PutRequest.newBuilder()
                                .setKey(bytes("k"))
                                .setValue(bytes("x y"))
                                .setLease(0x1f)
                                .setPrevKv(true)))
                .addFailure(
                    RequestOp.newBuilder()
                        .setRequestRange(
                            RangeRequest.newBuilder()
                                .setKey(bytes("k"))
                                .setRangeEnd(bytes("l"))
                                .setLimit(2)))
                .addFailure(
                    RequestOp.newBuilder()
                        .setRequestDeleteRange(
                            DeleteRangeRequest.newBuilder()
                                .setKey(bytes("k"))
                                .setRangeEnd(bytes("l"))))
                .build());
    assertThat(prompts)
        .containsExactly(
            "compares:", "success requests (get, put, del):", "failure requests (get, put, del):");
  }

  @ParameterizedTest
  @CsvSource({
    "ver, VERSION",
    "version, VERSION",
    "c, CREATE",
    "create, CREATE",
    "m, MOD",
    "mod, MOD",
    "val, VALUE",
    "value, VALUE",
    "lease, LEASE"
  })
  void everyTargetIsKnown(String name, CompareTarget target) {
    assertThat(TxnScript.compare(name + "(\"k\") = \"1\"").getTarget()).isEqualTo(target);
  }

  @Test
  void leaseIsHexadecimalAndRevisionIsDecimal() {
    assertThat(TxnScript.compare("lease(\"k\") = \"10\"").getLease()).isEqualTo(16);
    assertThat(TxnScript.compare("create(\"k\") < \"10\"").getCreateRevision()).isEqualTo(10);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "value",
        "value(\"k\" = \"1\"",
        "value(k) = \"1\"",
        "value(\"k\") = 1",
        "value(\"k\") =",
        "value(\"k\") = \"1\" \"2\"",
        "value(\"k\") == \"1\"",
        "foo(\"k\") = \"1\"",
        "mod(\"k\") = \"x\"",
      })
  void malformedComparisonIsRefused(String line) {
    assertThatThrownBy(() -> TxnScript.compare(line))
        .isInstanceOfSatisfying(
            CtlException.class, refusal -> assertThat(refusal.exitCode()).isEqualTo(3))
        .hasMessageContaining(line);
  }

  @ParameterizedTest
  @ValueSource(strings = {"foo k", "get", "put k v --nosuch"})
  void unknownOperationIsRefused(String line) {
    assertThatThrownBy(() -> TxnScript.operation(line))
        .isInstanceOfSatisfying(
            CtlException.class, refusal -> assertThat(refusal.exitCode()).isEqualTo(3))
        .hasMessageContaining("invalid txn request: " + line);
  }

  @Test
  void putWithoutValueIsRefused() {
    assertThatThrownBy(() -> TxnScript.operation("put k"))
        .isInstanceOfSatisfying(
            CtlException.class, refusal -> assertThat(refusal.exitCode()).isEqualTo(128));
  }

  @Test
  void inputThatEndsEarlyIsRefused() {
    assertThatThrownBy(() -> read("\nput k v\n\nget k\n"))
        .isInstanceOf(CtlException.class)
        .hasMessageContaining("ends early");
  }

  private static ByteString bytes(String text) {
    return ByteString.copyFromUtf8(text);
  }
}
