package dev.jangada.cli.config;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * A flag of etcd's, 3.4 to 3.6, that has no meaning here. Whoever moves from etcd keeps the command
 * line: a flag that changes nothing that matters is accepted, and a line of the log says that it
 * has no effect. But one that asks for what would then be missing, such as a check of certificates,
 * is refused, unless its value asks for nothing.
 *
 * @param name without dashes
 * @param isSwitch whether it may stand without a value
 * @param refused whether it is refused when it asks for something
 * @param why what to know, for people
 */
public record OtherFlag(String name, boolean isSwitch, boolean refused, String why) {

  /** Values that ask for nothing, whatever the flag. */
  private static final Set<String> NOTHING =
      Set.of("", "false", "0", "off", "[]", "exit", "not-yet");

  /** Values that ask for what there is anyway. */
  private static final Map<String, String> USUAL =
      Map.of("tls-min-version", "TLS1.2", "tls-max-version", "TLS1.3");

  /** All of them, in the order of the manual. */
  public static final List<OtherFlag> ALL = all();

  /** Whether a value asks for something. */
  public boolean asksFor(String value) {
    return !NOTHING.contains(value.strip().toLowerCase(Locale.ROOT))
        && !value.strip().equals(USUAL.get(name));
  }

  private static List<OtherFlag> all() {
    List<OtherFlag> flags = new ArrayList<>();
    storage(flags);
    members(flags);
    clients(flags);
    security(flags);
    checks(flags);
    observation(flags);
    return List.copyOf(flags);
  }

  private static void storage(List<OtherFlag> flags) {
    refused(flags, "wal-dir", "the log is in the data directory");
    ignored(flags, "max-snapshots", "one snapshot is kept at most");
    ignored(flags, "max-wals", "the log keeps what members may need");
    ignored(flags, "backend-batch-limit", "the store writes whole batches of entries");
    ignored(flags, "backend-batch-interval", "the store writes whole batches of entries");
    ignored(flags, "backend-bbolt-freelist-type", "there is no bbolt");
    ignored(flags, "experimental-backend-bbolt-freelist-type", "there is no bbolt");
    ignored(flags, "snapshot-catchup-entries", "see --snapshot-count");
    ignored(flags, "experimental-snapshot-catchup-entries", "see --snapshot-count");
    for (String prefix : List.of("", "experimental-")) {
      ignored(flags, prefix + "compaction-batch-limit", "compaction never holds up writes");
      ignored(flags, prefix + "compaction-sleep-interval", "compaction never holds up writes");
      ignored(
          flags,
          prefix + "bootstrap-defrag-threshold-megabytes",
          "there is nothing to defragment at the start");
      switchIgnored(flags, prefix + "memory-mlock", "memory is the JVM's");
    }
    switchIgnored(flags, "unsafe-no-fsync", "the log is always synced");
  }

  private static void members(List<OtherFlag> flags) {
    for (String discovery :
        List.of(
            "discovery",
            "discovery-srv",
            "discovery-srv-name",
            "discovery-proxy",
            "discovery-token",
            "discovery-endpoints")) {
      refused(flags, discovery, "list the members with --initial-cluster");
    }
    ignored(flags, "discovery-fallback", "there is no discovery");
    refused(flags, "proxy", "there are no proxies");
    for (String proxy :
        List.of(
            "failure-wait", "refresh-interval", "dial-timeout", "write-timeout", "read-timeout")) {
      ignored(flags, "proxy-" + proxy, "there are no proxies");
    }
    switchIgnored(flags, "strict-reconfig-check", "it is always on");
    switchIgnored(flags, "pre-vote", "it is always on");
    switchIgnored(flags, "initial-election-tick-advance", "elections need no hurrying");
    for (String prefix : List.of("", "experimental-")) {
      ignored(flags, prefix + "max-learners", "there can be one at a time");
      ignored(flags, prefix + "downgrade-check-time", "there are no downgrades");
    }
    ignored(flags, "raft-read-timeout", "heartbeats tell of a dead connection");
    ignored(flags, "raft-write-timeout", "heartbeats tell of a dead connection");
    refused(flags, "local-address", "connections to members begin at any address");
    ignored(flags, "experimental-wait-cluster-ready-timeout", "a member serves as soon as it can");
  }

  private static void clients(List<OtherFlag> flags) {
    refused(flags, "listen-client-http-urls", "the client URLs serve gRPC and HTTP");
    switchIgnored(flags, "socket-reuse-port", "sockets are not shared");
    switchIgnored(flags, "socket-reuse-address", "addresses can be used again at once");
    switchIgnored(flags, "enable-grpc-gateway", "it is always on");
    switchIgnored(flags, "enable-v2", "there is only the v3 API");
    refused(flags, "experimental-enable-v2v3", "there is only the v3 API");
    ignored(flags, "v2-deprecation", "there is only the v3 API");
    switchIgnored(flags, "experimental-enable-lease-checkpoint", "leases always keep their time");
    switchIgnored(
        flags, "experimental-enable-lease-checkpoint-persist", "leases always keep their time");
    switchIgnored(
        flags,
        "experimental-txn-mode-write-with-shared-buffer",
        "transactions read what they wrote");
    switchIgnored(
        flags,
        "experimental-stop-grpc-service-on-defrag",
        "requests are served while space is given back");
  }

  private static void security(List<OtherFlag> flags) {
    refused(flags, "client-crl-file", "revocation lists are not read");
    refused(flags, "peer-crl-file", "revocation lists are not read");
    refused(flags, "client-cert-allowed-hostname", "any certificate of the authorities counts");
    refused(flags, "peer-cert-allowed-hostname", "any certificate of the authorities counts");
    refused(flags, "peer-cert-allowed-cn", "any certificate of the authorities counts");
    ignored(flags, "client-cert-file", "a member is no client of itself");
    ignored(flags, "client-key-file", "a member is no client of itself");
    refused(flags, "peer-client-cert-file", "a member has one certificate for both directions");
    refused(flags, "peer-client-key-file", "a member has one certificate for both directions");
    switchIgnored(
        flags, "experimental-peer-skip-client-san-verification", "names are always checked");
    refused(flags, "cipher-suites", "they are those of Java");
    refused(flags, "tls-min-version", "it is TLS 1.2");
    refused(flags, "tls-max-version", "it is TLS 1.3");
  }

  private static void checks(List<OtherFlag> flags) {
    String remedy = "see --corrupt-check-time";
    switchIgnored(flags, "experimental-compact-hash-check-enabled", remedy);
    for (String prefix : List.of("", "experimental-")) {
      ignored(flags, prefix + "compact-hash-check-time", remedy);
    }
  }

  private static void observation(List<OtherFlag> flags) {
    ignored(flags, "metrics", "all are always there");
    switchIgnored(flags, "enable-pprof", "use the JVM's own tools");
    switchIgnored(flags, "debug", "see --log-level");
    ignored(flags, "log-package-levels", "see --log-level");
    switchIgnored(flags, "enable-log-rotation", "leave it to logrotate, with copytruncate");
    ignored(flags, "log-rotation-config-json", "leave it to logrotate, with copytruncate");
    ignored(flags, "experimental-warning-apply-duration", "slow entries are not logged");
    for (String prefix : List.of("", "experimental-")) {
      switchIgnored(flags, prefix + "enable-distributed-tracing", "there is no tracing");
      for (String tracing : List.of("address", "service-name", "instance-id", "sampling-rate")) {
        ignored(flags, prefix + "distributed-tracing-" + tracing, "there is no tracing");
      }
    }
  }

  private static void ignored(List<OtherFlag> flags, String name, String why) {
    flags.add(new OtherFlag(name, false, false, why));
  }

  private static void switchIgnored(List<OtherFlag> flags, String name, String why) {
    flags.add(new OtherFlag(name, true, false, why));
  }

  private static void refused(List<OtherFlag> flags, String name, String why) {
    flags.add(new OtherFlag(name, false, true, why));
  }
}
