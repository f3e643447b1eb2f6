package dev.jangada.cli.ctl;

import dev.jangada.etcd.api.etcdserverpb.WatchCreateRequest;
import dev.jangada.etcd.api.etcdserverpb.WatchGrpc;
import dev.jangada.etcd.api.etcdserverpb.WatchProgressRequest;
import dev.jangada.etcd.api.etcdserverpb.WatchRequest;
import dev.jangada.etcd.api.etcdserverpb.WatchResponse;
import dev.jangada.etcd.api.mvccpb.Event;
import io.grpc.StatusRuntimeException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Watches on one stream, whose events are printed. When the stream is lost, another one takes up
 * each watch where it was: nothing is printed twice, and nothing is left out.
 *
 * <p>One thread prints; any thread may add watches.
 */
final class Watches {

  private static final long PAUSE_MILLIS = 200;

  /**
   * What to watch.
   *
   * @param request how it is asked for; its id is chosen here
   * @param command what to run for each event; empty for nothing
   */
  record Watch(WatchCreateRequest request, List<String> command) {}

  private final Ctl ctl;
  private final Map<Long, Watch> watches = new LinkedHashMap<>();
  private long lastId;
  private @Nullable MessageStream<WatchRequest, WatchResponse> stream;

  Watches(Ctl ctl) {
    this.ctl = ctl;
  }

  /** Begins to watch. */
  synchronized void add(Watch watch) {
    long id = ++lastId;
    Watch known = new Watch(watch.request().toBuilder().setWatchId(id).build(), watch.command());
    watches.put(id, known);
    if (stream == null) {
      open();
    } else {
      stream.send(creation(known));
    }
  }

  private static WatchRequest creation(Watch watch) {
    return WatchRequest.newBuilder().setCreateRequest(watch.request()).build();
  }

  /** Asks up to which revision all has been told. */
  synchronized void requestProgress() {
    if (stream != null) {
      stream.send(
          WatchRequest.newBuilder()
              .setProgressRequest(WatchProgressRequest.getDefaultInstance())
              .build());
    }
  }

  private synchronized MessageStream<WatchRequest, WatchResponse> open() {
    if (stream == null) {
      MessageStream<WatchRequest, WatchResponse> opened =
          ctl.connection().stream(WatchGrpc.getWatchMethod(), true);
      watches.values().forEach(watch -> opened.send(creation(watch)));
      stream = opened;
    }
    return stream;
  }

  private synchronized void lost() {
    stream = null;
    ctl.connection().leave();
  }

  private synchronized boolean isEmpty() {
    return watches.isEmpty();
  }

  /** Prints events until the server has cancelled all watches. */
  void printAll() throws InterruptedException {
    while (!isEmpty()) {
      WatchResponse response = next();
      if (response != null) {
        arrived(response);
      }
    }
  }

  /** Prints events for ever; what makes it impossible ends the process. */
  void printForever() {
    try {
      while (true) {
        WatchResponse response = next();
        if (response != null) {
          arrived(response);
        }
      }
    } catch (CtlException e) {
      ctl.complain("Error: " + e.getMessage());
      System.exit(e.exitCode());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** The next response; null if the stream was lost and there is a new one. */
  private @Nullable WatchResponse next() throws InterruptedException {
    StatusRuntimeException failure;
    try {
      WatchResponse response = open().next();
      if (response != null) {
        return response;
      }
      failure =
          io.grpc.Status.UNAVAILABLE
              .withDescription("the server ended the stream")
              .asRuntimeException();
    } catch (StatusRuntimeException e) {
      failure = e;
    }
    if (!Connection.isTransient(failure)) {
      throw new CtlException(
          CtlException.Kind.INTERRUPTED,
          ctl.connection().describe(WatchGrpc.getWatchMethod(), failure));
    }
    reopen(failure);
    return null;
  }

  private void reopen(StatusRuntimeException failure) throws InterruptedException {
    ctl.complain(
        "lost the server (" + failure.getStatus().getDescription() + "); looking for another");
    while (true) {
      lost();
      try {
        open();
        return;
      } catch (CtlException e) {
        // Nobody is there at present. Events wait for whoever watches from where it was.
        TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
      }
    }
  }

  private void arrived(WatchResponse response) throws InterruptedException {
    Watch watch = noteProgress(response);
    if (response.getCanceled()) {
      ctl.complain("watch was canceled (" + reason(response) + ")");
    } else if (response.getCreated()) {
      return;
    } else if (response.getEventsCount() == 0) {
      ctl.out().line("progress notify: " + response.getHeader().getRevision());
    }
    ctl.show(answer(response));
    if (watch != null && !watch.command().isEmpty()) {
      for (Event event : response.getEventsList()) {
        Child.run(watch.command(), environment(response, event));
      }
    }
  }

  /** Forgets a watch that has ended; of any other, remembers from where it would have to go on. */
  private synchronized @Nullable Watch noteProgress(WatchResponse response) {
    long id = response.getWatchId();
    Watch watch = watches.get(id);
    if (response.getCanceled()) {
      // One that was refused has no id; it is the newest.
      return watches.remove(watch == null ? lastId : id);
    }
    if (watch == null) {
      return null;
    }
    boolean told = response.getEventsCount() > 0 || !response.getCreated();
    boolean fromNow = response.getCreated() && watch.request().getStartRevision() == 0;
    if (told || fromNow) {
      long last =
          response.getEventsCount() > 0
              ? response.getEvents(response.getEventsCount() - 1).getKv().getModRevision()
              : response.getHeader().getRevision();
      watches.put(
          id,
          new Watch(
              watch.request().toBuilder().setStartRevision(last + 1).build(), watch.command()));
    }
    return watch;
  }

  private static String reason(WatchResponse response) {
    if (response.getCompactRevision() != 0) {
      return "etcdserver: mvcc: required revision has been compacted";
    }
    return response.getCancelReason();
  }

  private static Map<String, String> environment(WatchResponse response, Event event) {
    return Map.of(
        "ETCD_WATCH_REVISION",
        Long.toString(response.getHeader().getRevision()),
        "ETCD_WATCH_EVENT_TYPE",
        "\"" + event.getType() + "\"",
        "ETCD_WATCH_KEY",
        Quoting.quote(event.getKv().getKey()),
        "ETCD_WATCH_VALUE",
        Quoting.quote(event.getKv().getValue()));
  }

  /** How events are printed. */
  private Answer answer(WatchResponse response) {
    KeyValues keyValues = ctl.keyValues();
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("Header", EtcdJson.of(response.getHeader()));
    List<Object> events = new ArrayList<>();
    response.getEventsList().forEach(event -> events.add(EtcdJson.of(event)));
    json.put("Events", events);
    json.put("CompactRevision", response.getCompactRevision());
    json.put("Canceled", response.getCanceled());
    json.put("Created", response.getCreated());
    return Answer.ofJson(json)
        .simple(out -> {
          for (Event event : response.getEventsList()) {
            out.line(event.getType().toString());
            if (event.hasPrevKv()) {
              keyValues.simple(out, event.getPrevKv());
            }
            keyValues.simple(out, event.getKv());
          }
        })
        .fields(out -> {
          Answer.header(out, response.getHeader());
          for (Event event : response.getEventsList()) {
            out.field("Type", event.getType());
            if (event.hasPrevKv()) {
              KeyValues.fields(out, "Prev", event.getPrevKv());
            }
            KeyValues.fields(out, "", event.getKv());
          }
        });
  }
}
