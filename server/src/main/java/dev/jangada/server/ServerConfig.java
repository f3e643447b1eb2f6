package dev.jangada.server;

import dev.jangada.kv.command.MemberAttributes;
import dev.jangada.server.auth.AuthSettings;
import dev.jangada.server.auth.PasswordHasher;
import dev.jangada.server.auth.TokenSettings;
import dev.jangada.server.tls.TlsFiles;
import dev.jangada.server.upkeep.CompactionPolicy;
import dev.jangada.server.upkeep.CorruptionCheck;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What a {@link JangadaServer} is told at its start. Plain values; whoever parses flags or files
 * fills them in. Complaints name the flag under which the etcd world knows a setting.
 *
 * <p>URLs are {@code http://host:port} or {@code https://host:port}. What clients and members are
 * told to use, and the members of the cluster, must be the same on every member.
 *
 * @param name of this member, unique in the cluster ({@code --name})
 * @param dataDirectory where this member keeps all it has, see {@link JangadaServer} for the layout
 *     ({@code --data-dir})
 * @param listenClientUrls where to accept clients, at least one ({@code --listen-client-urls})
 * @param advertiseClientUrls where clients are told to connect ({@code --advertise-client-urls})
 * @param listenMetricsUrls where else to serve metrics and health, and nothing but these; may be
 *     empty ({@code --listen-metrics-urls})
 * @param listenPeerUrl where to accept other members ({@code --listen-peer-urls})
 * @param initialCluster the peer URL of each member by its name, this member included ({@code
 *     --initial-cluster})
 * @param initialClusterState whether the cluster starts with these members or exists already
 *     ({@code --initial-cluster-state})
 * @param initialClusterToken tells this cluster from others whose members have the same names
 *     ({@code --initial-cluster-token})
 * @param forceNewCluster whether this member is to become the only one of its cluster, from the
 *     data that it has, because the others are lost for good ({@code --force-new-cluster})
 * @param heartbeatInterval how often a leader tells that it is alive ({@code --heartbeat-interval})
 * @param electionTimeout how long a member waits for a leader before it asks for an election, at
 *     least five heartbeats ({@code --election-timeout})
 * @param leaseReads whether the leader answers reads without asking the others for as long as they
 *     have promised not to elect anyone else; that trusts in clocks that run at nearly equal speed
 * @param maxRequestBytes largest request accepted ({@code --max-request-bytes})
 * @param maxTxnOperations most operations in a transaction ({@code --max-txn-ops})
 * @param ioThreads threads that serve connections of clients
 * @param readThreads threads that read the store for requests that may take long
 * @param blockCacheBytes memory for blocks of the store read from disk
 * @param answerMemoryBytes how much of the heap answers to reads may hold together until they have
 *     been sent; what is beyond that is refused
 * @param snapshotCount how many applied entries stay in the log though the store has them safely: a
 *     member that was away for longer than they reach back is sent a snapshot of the whole store
 *     ({@code --snapshot-count})
 * @param quotaBackendBytes how large the store of this member may become before writes are refused;
 *     0 for no limit ({@code --quota-backend-bytes})
 * @param autoCompaction which old revisions go by themselves ({@code --auto-compaction-mode} and
 *     {@code --auto-compaction-retention})
 * @param corruptCheckInterval how often the leader has all members compare what they have; zero for
 *     never ({@code --corrupt-check-time})
 * @param initialCorruptCheck whether this member compares what it has with the others before it
 *     serves ({@code --experimental-initial-corrupt-check})
 * @param clients what clients may do and are told
 * @param auth how users prove who they are
 * @param storeEngine what holds the keys
 * @param logSegmentBytes size of the files that make up the replicated log; each is allocated when
 *     it is begun
 * @param clientTls secures connections of clients at {@code https} addresses; null if there are
 *     none ({@code --cert-file} and so on, or {@code --auto-tls})
 * @param peerTls secures connections between members, all of which it concerns then; null for
 *     connections in the clear ({@code --peer-cert-file} and so on, or {@code --peer-auto-tls})
 */
public record ServerConfig(
    String name,
    Path dataDirectory,
    List<URI> listenClientUrls,
    List<URI> advertiseClientUrls,
    List<URI> listenMetricsUrls,
    URI listenPeerUrl,
    Map<String, URI> initialCluster,
    InitialClusterState initialClusterState,
    String initialClusterToken,
    boolean forceNewCluster,
    Duration heartbeatInterval,
    Duration electionTimeout,
    boolean leaseReads,
    int maxRequestBytes,
    int maxTxnOperations,
    int ioThreads,
    int readThreads,
    long blockCacheBytes,
    long answerMemoryBytes,
    long snapshotCount,
    long quotaBackendBytes,
    CompactionPolicy autoCompaction,
    Duration corruptCheckInterval,
    boolean initialCorruptCheck,
    ClientSettings clients,
    AuthSettings auth,
    StoreEngine storeEngine,
    int logSegmentBytes,
    @Nullable TlsFiles clientTls,
    @Nullable TlsFiles peerTls) {

  /** What holds the keys and their versions. */
  public enum StoreEngine {
    /** RocksDB, in the data directory: for any amount of data. */
    ROCKSDB,
    /**
     * The Java heap. The replicated log and snapshots of the store are in the data directory all
     * the same, so nothing acknowledged is lost; but all data has to fit into memory, and a restart
     * reads it all. It starts faster and needs no native library: made for tests.
     */
    HEAP
  }

  /** Whether a member with an empty data directory starts a cluster. */
  public enum InitialClusterState {
    /** The cluster starts now, with the members listed. */
    NEW,
    /** The cluster exists: this member was added to it, or has been in it before. */
    EXISTING
  }

  /** The largest entry that the log takes. */
  private static final int MAX_MESSAGE_BYTES = 256 << 20;

  /** Room a message may take beyond the request in it, before it is read at all. */
  private static final int MESSAGE_OVERHEAD_BYTES = 512 << 10;

  private static final Duration DAYS_OF_A_YEAR = Duration.ofDays(365);
  private static final int MAX_VALIDITY_YEARS = 100;

  public ServerConfig {
    listenClientUrls = List.copyOf(listenClientUrls);
    advertiseClientUrls = List.copyOf(advertiseClientUrls);
    listenMetricsUrls = List.copyOf(listenMetricsUrls);
    initialCluster = Collections.unmodifiableMap(new LinkedHashMap<>(initialCluster));
  }

  /** Starts from the defaults: a cluster of one on the local host. */
  public static Builder builder() {
    return new Builder();
  }

  /** The peer URL of a member of the cluster. */
  URI peerUrl(String member) {
    return Objects.requireNonNull(initialCluster.get(member), member);
  }

  /**
   * What the members of this cluster, and no others, have in common: the token and the members'
   * names. Addresses are not part of it, so that a cluster can move.
   */
  String clusterName() {
    StringBuilder text = new StringBuilder(initialClusterToken);
    initialCluster.keySet().stream().sorted().forEach(member -> text.append('\n').append(member));
    return text.toString();
  }

  /** The largest message that is read off a connection. */
  int maxMessageBytes() {
    return maxRequestBytes + MESSAGE_OVERHEAD_BYTES;
  }

  /**
   * How long a request may take where the client sets no limit: long enough to outlast the loss of
   * a leader and the election of another.
   */
  Duration requestTimeout() {
    return Duration.ofSeconds(5).plus(electionTimeout.multipliedBy(2));
  }

  /** Collects the settings and, in {@link #build}, checks them. For one thread. */
  public static final class Builder {

    private String name = "default";
    private @Nullable Path dataDirectory;
    private List<URI> listenClientUrls = List.of(URI.create("http://localhost:2379"));
    private @Nullable List<URI> advertiseClientUrls;
    private List<URI> listenMetricsUrls = List.of();
    private List<URI> listenPeerUrls = List.of(URI.create("http://localhost:2380"));
    private @Nullable List<URI> initialAdvertisePeerUrls;
    private @Nullable Map<String, List<URI>> initialCluster;
    private InitialClusterState initialClusterState = InitialClusterState.NEW;
    private String initialClusterToken = "etcd-cluster";
    private boolean forceNewCluster;
    private Duration heartbeatInterval = Duration.ofMillis(100);
    private Duration electionTimeout = Duration.ofMillis(500);
    private boolean leaseReads;
    private int maxRequestBytes = 1_572_864;
    private int maxTxnOperations = 128;
    private int ioThreads = 1;
    private int readThreads = 2;
    private long blockCacheBytes = 64L << 20;
    private long answerMemoryBytes = Runtime.getRuntime().maxMemory() / 4;
    private long snapshotCount = 10_000;
    private long quotaBackendBytes;
    private CompactionPolicy autoCompaction = CompactionPolicy.OFF;
    private Duration corruptCheckInterval = Duration.ZERO;
    private boolean initialCorruptCheck;
    private ClientSettings clients = ClientSettings.DEFAULT;
    private TokenSettings authTokens = AuthSettings.DEFAULT.tokens();
    private Duration authTokenTtl = AuthSettings.DEFAULT.simpleTokenTtl();
    private int bcryptCost = AuthSettings.DEFAULT.bcryptCost();
    private StoreEngine storeEngine = StoreEngine.ROCKSDB;
    private int logSegmentBytes = 64 << 20;

    private @Nullable TlsFiles clientTls;
    private @Nullable TlsFiles peerTls;
    private boolean clientAutoTls;
    private boolean peerAutoTls;
    private Duration selfSignedCertValidity = DAYS_OF_A_YEAR;

    private Builder() {}

    /** See {@link ServerConfig#clientTls}; null by default. */
    public Builder clientTls(@Nullable TlsFiles files) {
      this.clientTls = files;
      return this;
    }

    /** See {@link ServerConfig#peerTls}; null by default. */
    public Builder peerTls(@Nullable TlsFiles files) {
      this.peerTls = files;
      return this;
    }

    /**
     * Whether the member makes itself a certificate for clients, and keeps it in the data
     * directory, unless {@link #clientTls} has one ({@code --auto-tls}); not by default.
     */
    public Builder clientAutoTls(boolean auto) {
      this.clientAutoTls = auto;
      return this;
    }

    /**
     * The same for connections between members, which are encrypted then, but verify nobody ({@code
     * --peer-auto-tls}); not by default.
     */
    public Builder peerAutoTls(boolean auto) {
      this.peerAutoTls = auto;
      return this;
    }

    /**
     * How long such certificates are valid from when they are made ({@code
     * --self-signed-cert-validity}); one year by default.
     *
     * @param years of 365 days, from 1 to 100
     * @throws ConfigException if it is not in these bounds
     */
    public Builder selfSignedCertValidity(int years) {
      if (years < 1 || years > MAX_VALIDITY_YEARS) {
        throw new ConfigException(
            "--self-signed-cert-validity must be from 1 to %d years, is %d"
                .formatted(MAX_VALIDITY_YEARS, years));
      }
      this.selfSignedCertValidity = DAYS_OF_A_YEAR.multipliedBy(years);
      return this;
    }

    /** See {@link ServerConfig#name}; {@code default} by default. */
    public Builder name(String name) {
      this.name = name;
      return this;
    }

    /**
     * See {@link ServerConfig#dataDirectory}; by default the name with {@code .jangada} appended,
     * in the working directory.
     */
    public Builder dataDirectory(Path dataDirectory) {
      this.dataDirectory = dataDirectory;
      return this;
    }

    /** See {@link ServerConfig#listenClientUrls}; {@code http://localhost:2379} by default. */
    public Builder listenClientUrls(List<URI> urls) {
      this.listenClientUrls = List.copyOf(urls);
      return this;
    }

    /** See {@link ServerConfig#advertiseClientUrls}; where the member listens by default. */
    public Builder advertiseClientUrls(List<URI> urls) {
      this.advertiseClientUrls = List.copyOf(urls);
      return this;
    }

    /** See {@link ServerConfig#listenMetricsUrls}; none by default. */
    public Builder listenMetricsUrls(List<URI> urls) {
      this.listenMetricsUrls = List.copyOf(urls);
      return this;
    }

    /** See {@link ServerConfig#listenPeerUrl}; {@code http://localhost:2380} by default. */
    public Builder listenPeerUrls(List<URI> urls) {
      this.listenPeerUrls = List.copyOf(urls);
      return this;
    }

    /**
     * Where the other members reach this one ({@code --initial-advertise-peer-urls}). By default
     * what the initial cluster says, or where the member listens if that is not given either.
     */
    public Builder initialAdvertisePeerUrls(List<URI> urls) {
      this.initialAdvertisePeerUrls = List.copyOf(urls);
      return this;
    }

    /**
     * See {@link ServerConfig#initialCluster}; this member alone by default. One URL for each
     * member.
     */
    public Builder initialCluster(Map<String, List<URI>> members) {
      this.initialCluster = new LinkedHashMap<>(members);
      return this;
    }

    /**
     * The same as text: {@code n1=http://10.0.0.1:2380,n2=http://10.0.0.2:2380}.
     *
     * @throws ConfigException if it cannot be understood
     */
    public Builder initialCluster(String members) {
      return initialCluster(parseCluster(members));
    }

    /** See {@link ServerConfig#initialClusterState}; new by default. */
    public Builder initialClusterState(InitialClusterState state) {
      this.initialClusterState = state;
      return this;
    }

    /** See {@link ServerConfig#initialClusterToken}; {@code etcd-cluster} by default. */
    public Builder initialClusterToken(String token) {
      this.initialClusterToken = token;
      return this;
    }

    /** See {@link ServerConfig#forceNewCluster}; off by default. */
    public Builder forceNewCluster(boolean force) {
      this.forceNewCluster = force;
      return this;
    }

    /** See {@link ServerConfig#heartbeatInterval}; 100 ms by default. */
    public Builder heartbeatInterval(Duration interval) {
      this.heartbeatInterval = interval;
      return this;
    }

    /** See {@link ServerConfig#electionTimeout}; 500 ms by default. */
    public Builder electionTimeout(Duration timeout) {
      this.electionTimeout = timeout;
      return this;
    }

    /** See {@link ServerConfig#leaseReads}; off by default. */
    public Builder leaseReads(boolean leaseReads) {
      this.leaseReads = leaseReads;
      return this;
    }

    /** See {@link ServerConfig#maxRequestBytes}; 1.5 MiB by default. */
    public Builder maxRequestBytes(int bytes) {
      this.maxRequestBytes = bytes;
      return this;
    }

    /** See {@link ServerConfig#maxTxnOperations}; 128 by default. */
    public Builder maxTxnOperations(int operations) {
      this.maxTxnOperations = operations;
      return this;
    }

    /** See {@link ServerConfig#ioThreads}; 1 by default. */
    public Builder ioThreads(int threads) {
      this.ioThreads = threads;
      return this;
    }

    /** See {@link ServerConfig#readThreads}; 2 by default. */
    public Builder readThreads(int threads) {
      this.readThreads = threads;
      return this;
    }

    /** See {@link ServerConfig#blockCacheBytes}; 64 MiB by default. */
    public Builder blockCacheBytes(long bytes) {
      this.blockCacheBytes = bytes;
      return this;
    }

    /** See {@link ServerConfig#answerMemoryBytes}; a quarter of the heap by default. */
    public Builder answerMemoryBytes(long bytes) {
      this.answerMemoryBytes = bytes;
      return this;
    }

    /** See {@link ServerConfig#snapshotCount}; 10,000 by default. */
    public Builder snapshotCount(long entries) {
      this.snapshotCount = entries;
      return this;
    }

    /** See {@link ServerConfig#quotaBackendBytes}; no limit by default, and for 0 or less. */
    public Builder quotaBackendBytes(long bytes) {
      this.quotaBackendBytes = Math.max(0, bytes);
      return this;
    }

    /** See {@link ServerConfig#autoCompaction}; off by default. */
    public Builder autoCompaction(CompactionPolicy policy) {
      this.autoCompaction = policy;
      return this;
    }

    /**
     * The same in etcd's words, see {@link CompactionPolicy#parse}.
     *
     * @throws ConfigException if they cannot be understood
     */
    public Builder autoCompaction(String mode, String retention) {
      try {
        return autoCompaction(CompactionPolicy.parse(mode, retention));
      } catch (IllegalArgumentException e) {
        throw new ConfigException(String.valueOf(e.getMessage()));
      }
    }

    /**
     * See {@link ServerConfig#corruptCheckInterval}; never by default.
     *
     * @param interval in etcd's words, see {@link CorruptionCheck#parseInterval}
     * @throws ConfigException if it cannot be understood
     */
    public Builder corruptCheckInterval(String interval) {
      try {
        this.corruptCheckInterval = CorruptionCheck.parseInterval(interval);
        return this;
      } catch (IllegalArgumentException e) {
        throw new ConfigException(String.valueOf(e.getMessage()));
      }
    }

    /** See {@link ServerConfig#initialCorruptCheck}; off by default. */
    public Builder initialCorruptCheck(boolean check) {
      this.initialCorruptCheck = check;
      return this;
    }

    /** See {@link ServerConfig#clients}; those of etcd by default. */
    public Builder clients(ClientSettings settings) {
      this.clients = settings;
      return this;
    }

    /**
     * See {@link ServerConfig#auth}: {@code simple}, the default, or {@code jwt} with options, see
     * {@link TokenSettings}.
     *
     * @throws ConfigException if it cannot be understood
     */
    public Builder authToken(String tokens) {
      try {
        this.authTokens = TokenSettings.parse(tokens);
      } catch (IllegalArgumentException e) {
        throw new ConfigException("--auth-token: " + e.getMessage());
      }
      return this;
    }

    /** How long simple tokens last; five minutes by default. */
    public Builder authTokenTtl(Duration ttl) {
      this.authTokenTtl = ttl;
      return this;
    }

    /** The binary logarithm of the rounds by which passwords are hashed; 10 by default. */
    public Builder bcryptCost(int cost) {
      this.bcryptCost = cost;
      return this;
    }

    /** See {@link ServerConfig#storeEngine}; RocksDB by default. */
    public Builder storeEngine(StoreEngine engine) {
      this.storeEngine = engine;
      return this;
    }

    /** See {@link ServerConfig#logSegmentBytes}; 64 MiB by default, at least 64 KiB. */
    public Builder logSegmentBytes(int bytes) {
      this.logSegmentBytes = bytes;
      return this;
    }

    /**
     * Checks the settings against each other.
     *
     * @throws ConfigException if they cannot be used
     */
    public ServerConfig build() {
      checkName();
      UrlSettings.check("--listen-client-urls", listenClientUrls);
      UrlSettings.check("--listen-peer-urls", listenPeerUrls);
      URI listenPeerUrl = UrlSettings.single("--listen-peer-urls", listenPeerUrls);
      checkMetricsUrls(listenPeerUrl);
      checkTimes();
      checkSizes();
      checkAuth();
      Path directory = dataDirectory != null ? dataDirectory : Path.of(name + ".jangada");
      Map<String, URI> members = members(listenPeerUrl);
      List<URI> advertised = advertisedClientUrls();
      TlsFiles forClients = clientTls;
      if (forClients == null && clientAutoTls) {
        forClients =
            TlsSettings.selfSigned(
                directory,
                "client",
                Stream.of(listenClientUrls, advertised, listenMetricsUrls)
                    .flatMap(List::stream)
                    .toList(),
                selfSignedCertValidity);
      }
      TlsFiles forPeers = peerTls;
      if (forPeers == null && peerAutoTls) {
        List<URI> own = List.of(listenPeerUrl, Objects.requireNonNull(members.get(name)));
        forPeers = TlsSettings.selfSigned(directory, "peer", own, selfSignedCertValidity);
      }
      TlsSettings.checkClients(forClients, listenClientUrls, listenMetricsUrls);
      TlsSettings.checkPeers(forPeers, members.values(), listenPeerUrl);
      return new ServerConfig(
          name,
          directory,
          listenClientUrls,
          advertised,
          listenMetricsUrls,
          listenPeerUrl,
          members,
          initialClusterState,
          initialClusterToken,
          forceNewCluster,
          heartbeatInterval,
          electionTimeout,
          leaseReads,
          maxRequestBytes,
          maxTxnOperations,
          ioThreads,
          readThreads,
          blockCacheBytes,
          answerMemoryBytes,
          snapshotCount,
          quotaBackendBytes,
          autoCompaction,
          corruptCheckInterval,
          initialCorruptCheck,
          clients,
          new AuthSettings(authTokens, authTokenTtl, bcryptCost),
          storeEngine,
          logSegmentBytes,
          forClients,
          forPeers);
    }

    private void checkMetricsUrls(URI listenPeerUrl) {
      if (!listenMetricsUrls.isEmpty()) {
        UrlSettings.check("--listen-metrics-urls", listenMetricsUrls);
        UrlSettings.checkApart(listenMetricsUrls, "--listen-client-urls", listenClientUrls);
        UrlSettings.checkApart(listenMetricsUrls, "--listen-peer-urls", List.of(listenPeerUrl));
      }
    }

    private void checkName() {
      if (name.length() > MemberAttributes.MAX_TEXT) {
        throw new ConfigException(
            "--name has %d characters: it may have %d"
                .formatted(name.length(), MemberAttributes.MAX_TEXT));
      }
      if (name.isBlank() || name.matches(".*[=,\\s].*")) {
        throw new ConfigException(
            "--name \"%s\" cannot be used: a name has no blanks, commas or equal signs"
                .formatted(name));
      }
    }

    /** The bounds are those of what a member tells the others of itself. */
    private static void checkAdvertisable(String flag, List<URI> urls) {
      if (urls.size() > MemberAttributes.MAX_URLS) {
        throw new ConfigException(
            "%s has %d URLs: clients can be told of %d"
                .formatted(flag, urls.size(), MemberAttributes.MAX_URLS));
      }
      for (URI url : urls) {
        int length = url.toString().length();
        if (length > MemberAttributes.MAX_TEXT) {
          throw new ConfigException(
              "%s has a URL of %d characters: it may have %d"
                  .formatted(flag, length, MemberAttributes.MAX_TEXT));
        }
      }
    }

    private List<URI> advertisedClientUrls() {
      if (advertiseClientUrls != null) {
        UrlSettings.check("--advertise-client-urls", advertiseClientUrls);
        UrlSettings.refuseWildcards("--advertise-client-urls", advertiseClientUrls);
        checkAdvertisable("--advertise-client-urls", advertiseClientUrls);
        return advertiseClientUrls;
      }
      for (URI url : listenClientUrls) {
        if (UrlSettings.isWildcard(url)) {
          throw new ConfigException(
              ("--listen-client-urls %s means every address of this host: say with"
                      + " --advertise-client-urls which one clients are to use")
                  .formatted(url));
        }
      }
      checkAdvertisable("--listen-client-urls", listenClientUrls);
      return listenClientUrls;
    }

    private Map<String, URI> members(URI listenPeerUrl) {
      if (initialAdvertisePeerUrls != null) {
        UrlSettings.check("--initial-advertise-peer-urls", initialAdvertisePeerUrls);
        UrlSettings.refuseWildcards("--initial-advertise-peer-urls", initialAdvertisePeerUrls);
      }
      if (initialCluster == null) {
        URI own =
            initialAdvertisePeerUrls != null
                ? UrlSettings.single("--initial-advertise-peer-urls", initialAdvertisePeerUrls)
                : listenPeerUrl;
        UrlSettings.refuseWildcards("--initial-advertise-peer-urls", List.of(own));
        return Map.of(name, own);
      }
      Map<String, URI> members = new LinkedHashMap<>();
      Map<String, String> nameByAddress = new LinkedHashMap<>();
      initialCluster.forEach((member, urls) -> {
        UrlSettings.check("--initial-cluster", urls);
        UrlSettings.refuseWildcards("--initial-cluster", urls);
        URI url = UrlSettings.single("--initial-cluster of member " + member, urls);
        String other = nameByAddress.put(url.getHost() + ":" + url.getPort(), member);
        if (other != null) {
          throw new ConfigException(
              "--initial-cluster gives members \"%s\" and \"%s\" the same address %s"
                  .formatted(other, member, url));
        }
        members.put(member, url);
      });
      URI own = members.get(name);
      if (own == null) {
        throw new ConfigException(
            ("--initial-cluster lacks this member's name \"%s\" (--name): it lists %s; add"
                    + " %s=<peer URL of this member>")
                .formatted(name, String.join(", ", members.keySet()), name));
      }
      if (initialAdvertisePeerUrls != null && !initialAdvertisePeerUrls.contains(own)) {
        throw new ConfigException(
            ("--initial-cluster says that this member, \"%s\", is at %s, and"
                    + " --initial-advertise-peer-urls says %s: make them equal")
                .formatted(name, own, UrlSettings.join(initialAdvertisePeerUrls)));
      }
      return members;
    }

    private void checkTimes() {
      if (heartbeatInterval.toMillis() < 1) {
        throw new ConfigException(
            "--heartbeat-interval must be at least 1 ms, is " + heartbeatInterval.toMillis());
      }
      long least = 5 * heartbeatInterval.toMillis();
      if (electionTimeout.toMillis() < least) {
        throw new ConfigException(
            "--election-timeout must be at least five times --heartbeat-interval, so %d ms, is %d"
                .formatted(least, electionTimeout.toMillis()));
      }
      if (electionTimeout.toMillis() > 50_000) {
        throw new ConfigException(
            "--election-timeout must be at most 50000 ms, is " + electionTimeout.toMillis());
      }
    }

    private void checkSizes() {
      int most = MAX_MESSAGE_BYTES - MESSAGE_OVERHEAD_BYTES;
      if (maxRequestBytes < 1 || maxRequestBytes > most) {
        throw new ConfigException(
            "--max-request-bytes must be between 1 and %d, is %d".formatted(most, maxRequestBytes));
      }
      if (maxTxnOperations < 1) {
        throw new ConfigException("--max-txn-ops must be at least 1, is " + maxTxnOperations);
      }
      if (snapshotCount < 1 || snapshotCount > 1_000_000_000) {
        throw new ConfigException(
            "--snapshot-count must be between 1 and 1000000000, is " + snapshotCount);
      }
      if (logSegmentBytes < 64 << 10 || logSegmentBytes > 1 << 30) {
        throw new ConfigException(
            "segments of the log must have from 64 KiB to 1 GiB, not %d bytes"
                .formatted(logSegmentBytes));
      }
      if (answerMemoryBytes < 1) {
        throw new ConfigException(
            "the memory for answers must be positive, is " + answerMemoryBytes + " bytes");
      }
      if (ioThreads < 1 || readThreads < 1) {
        throw new ConfigException("the numbers of threads must be at least 1");
      }
    }

    private void checkAuth() {
      if (authTokenTtl.toSeconds() < 1) {
        throw new ConfigException(
            "--auth-token-ttl must be at least 1 s, is " + authTokenTtl.toSeconds());
      }
      if (bcryptCost < PasswordHasher.MIN_COST || bcryptCost > PasswordHasher.MAX_COST) {
        throw new ConfigException(
            "--bcrypt-cost must be between %d and %d, is %d"
                .formatted(PasswordHasher.MIN_COST, PasswordHasher.MAX_COST, bcryptCost));
      }
    }

    private static Map<String, List<URI>> parseCluster(String text) {
      Map<String, List<URI>> members = new LinkedHashMap<>();
      for (String part : text.split(",", -1)) {
        int equals = part.indexOf('=');
        if (equals < 1 || equals == part.length() - 1) {
          throw new ConfigException(
              ("--initial-cluster: \"%s\" is not of the form name=URL; the whole is"
                      + " name1=http://host1:port1,name2=http://host2:port2")
                  .formatted(part));
        }
        String member = part.substring(0, equals).trim();
        members
            .computeIfAbsent(member, ignored -> new ArrayList<>())
            .add(UrlSettings.parse("--initial-cluster", part.substring(equals + 1).trim()));
      }
      return members;
    }
  }

  /**
   * Reads a comma-separated list of URLs.
   *
   * @param flag what the list was given with, for complaints
   * @throws ConfigException if one is no URL
   */
  public static List<URI> urls(String flag, String text) {
    return Stream.of(text.split(",", -1))
        .map(part -> UrlSettings.parse(flag, part.trim()))
        .toList();
  }
}
