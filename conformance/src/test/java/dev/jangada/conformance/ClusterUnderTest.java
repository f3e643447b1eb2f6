package dev.jangada.conformance;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.jangada.etcd.api.etcdserverpb.AlarmRequest;
import dev.jangada.etcd.api.etcdserverpb.AlarmType;
import dev.jangada.etcd.api.etcdserverpb.MaintenanceGrpc;
import dev.jangada.etcd.api.etcdserverpb.StatusRequest;
import io.etcd.jetcd.ByteSequence;
import io.etcd.jetcd.Client;
import io.grpc.Channel;
import java.lang.reflect.Method;
import java.net.URI;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.TestWatcher;

/**
 * The cluster that the tests talk to: three processes of this build, or, with {@code
 * -Detcd.endpoints=HOST:PORT,...}, any that runs already. It must have at least three members, and
 * no users.
 *
 * <p>All classes of a run share one cluster, and nothing is cleaned away between tests; each keeps
 * to keys of its own, which {@link #key} makes. What a test did not change it must not count on:
 * revisions go on, and leases of other tests end.
 */
final class ClusterUnderTest
    implements BeforeAllCallback, BeforeEachCallback, ExecutionCondition, TestWatcher {

  private static final ExtensionContext.Namespace SHARED =
      ExtensionContext.Namespace.create(ClusterUnderTest.class);

  private static final AtomicInteger TESTS = new AtomicInteger();

  private @Nullable RunningCluster running;
  private String prefix = "";

  /** Where clients reach the members. */
  List<URI> endpoints() {
    return running().endpoints();
  }

  /** The same as clients take them on a command line: {@code HOST:PORT,HOST:PORT,...}. */
  String endpointList() {
    return String.join(",", endpoints().stream().map(URI::getAuthority).toList());
  }

  /** A client of all members, for all tests; it must not be closed. */
  Client client() {
    return running().client();
  }

  /** A connection to one member, for what jetcd has no option for. */
  Channel channel(int member) {
    return running().channel(member);
  }

  /** Raises an alarm of the first member that its space is used up, and returns its id. */
  long raiseAlarm() {
    MaintenanceGrpc.MaintenanceBlockingStub member =
        MaintenanceGrpc.newBlockingStub(channel(0)).withDeadlineAfter(60, TimeUnit.SECONDS);
    long id = member.status(StatusRequest.getDefaultInstance()).getHeader().getMemberId();
    return member
        .alarm(
            AlarmRequest.newBuilder()
                .setAction(AlarmRequest.AlarmAction.ACTIVATE)
                .setAlarm(AlarmType.NOSPACE)
                .setMemberID(id)
                .build())
        .getAlarms(0)
        .getMemberID();
  }

  /** A key of this test, below {@link #prefix()}. */
  ByteSequence key(String name) {
    return bytes(prefix + name);
  }

  /** What all keys of this test begin with; it ends with a slash. */
  String prefix() {
    return prefix;
  }

  static ByteSequence bytes(String text) {
    return ByteSequence.from(text, UTF_8);
  }

  private RunningCluster running() {
    RunningCluster cluster = running;
    if (cluster == null) {
      throw new IllegalStateException("there is a cluster during tests only");
    }
    return cluster;
  }

  private static RunningCluster shared(ExtensionContext context) {
    return context
        .getRoot()
        .getStore(SHARED)
        .computeIfAbsent(
            RunningCluster.class, key -> RunningCluster.startOrConnect(), RunningCluster.class);
  }

  @Override
  public void beforeAll(ExtensionContext context) {
    running = shared(context);
  }

  @Override
  public void beforeEach(ExtensionContext context) {
    prefix =
        "conformance/%s-%d/"
            .formatted(Long.toString(System.nanoTime(), 36), TESTS.incrementAndGet());
  }

  @Override
  public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
    Optional<DiffersInEtcd34> difference =
        context.getTestMethod().map(method -> method.getAnnotation(DiffersInEtcd34.class));
    if (difference.isPresent() && shared(context).isEtcd34()) {
      return ConditionEvaluationResult.disabled("differs: " + difference.get().value());
    }
    return ConditionEvaluationResult.enabled("");
  }

  @Override
  public void testSuccessful(ExtensionContext context) {
    report(context, "passes");
  }

  @Override
  public void testFailed(ExtensionContext context, @Nullable Throwable cause) {
    report(context, "FAILS");
  }

  @Override
  public void testAborted(ExtensionContext context, @Nullable Throwable cause) {
    report(context, "not run");
  }

  @Override
  public void testDisabled(ExtensionContext context, Optional<String> reason) {
    report(context, reason.orElse("not run"));
  }

  private static void report(ExtensionContext context, String outcome) {
    Method method = context.getRequiredTestMethod();
    shared(context).report(method.getDeclaringClass().getSimpleName(), method.getName(), outcome);
  }
}
