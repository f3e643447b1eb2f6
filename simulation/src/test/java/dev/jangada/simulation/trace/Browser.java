package dev.jangada.simulation.trace;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A Chromium without a window, driven over its DevTools protocol as a person drives it: with the
 * pointer and the keyboard. Pointer and keys are answered by the browser once the page has dealt
 * with them, so nothing waits for time to pass.
 */
final class Browser implements AutoCloseable {

  private static final JsonMapper JSON = new JsonMapper();
  private static final Pattern ADDRESS = Pattern.compile("ws://\\S+");
  private static final long SECONDS = 60;

  private final Process process;
  private final WebSocket socket;
  private final Path profile;
  private final AtomicInteger ids = new AtomicInteger();
  private final Map<Integer, CompletableFuture<JsonNode>> pending = new ConcurrentHashMap<>();
  private final LinkedBlockingQueue<JsonNode> loads = new LinkedBlockingQueue<>();
  private final LinkedBlockingQueue<String> complaints = new LinkedBlockingQueue<>();
  private @Nullable String session;

  private Browser(Process process, String address, Path profile) {
    this.process = process;
    this.profile = profile;
    this.socket =
        HttpClient.newHttpClient()
            .newWebSocketBuilder()
            .buildAsync(URI.create(address), new Listener())
            .orTimeout(SECONDS, TimeUnit.SECONDS)
            .join();
  }

  /** The browser's program, if there is one on this machine. */
  static Optional<Path> find() {
    String configured = System.getProperty("jangada.chromium");
    if (configured != null) {
      return Optional.of(Path.of(configured));
    }
    String path = System.getenv().getOrDefault("PATH", "");
    return Stream.of("chromium", "chromium-browser", "google-chrome")
        .flatMap(name -> Stream.of(path.split(File.pathSeparator)).map(d -> Path.of(d, name)))
        .filter(Files::isExecutable)
        .findFirst();
  }

  static Browser start(Path program) throws IOException {
    Path profile = Files.createTempDirectory("jangada-browser");
    Process process =
        new ProcessBuilder(
                program.toString(),
                "--headless=new",
                // It opens only pages of ours, and as root it would not start otherwise.
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--hide-scrollbars",
                "--no-first-run",
                "--remote-debugging-port=0",
                "--user-data-dir=" + profile,
                "about:blank")
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    try {
      Browser browser = new Browser(process, address(process), profile);
      browser.attach();
      return browser;
    } catch (IOException | RuntimeException | Error e) {
      process.destroyForcibly();
      throw e;
    }
  }

  /**
   * The browser says on its error stream where it listens; the rest of that is read and dropped.
   */
  private static String address(Process process) throws IOException {
    BufferedReader errors = process.errorReader(StandardCharsets.UTF_8);
    List<String> seen = new ArrayList<>();
    for (String line = errors.readLine(); line != null; line = errors.readLine()) {
      seen.add(line);
      Matcher matcher = ADDRESS.matcher(line);
      if (matcher.find()) {
        Thread.ofVirtual().start(() -> errors.lines().forEach(ignored -> {}));
        return matcher.group();
      }
    }
    throw new IOException("the browser does not say where it listens: " + seen);
  }

  private void attach() {
    String target =
        call("Target.createTarget", Map.of("url", "about:blank")).at("/targetId").asString();
    session =
        call("Target.attachToTarget", Map.of("targetId", target, "flatten", true))
            .at("/sessionId")
            .asString();
    call("Runtime.enable", Map.of());
    call("Log.enable", Map.of());
    call("Page.enable", Map.of());
    call(
        "Emulation.setDeviceMetricsOverride",
        Map.of("width", 1280, "height", 800, "deviceScaleFactor", 1, "mobile", false));
    colourScheme("light");
  }

  // ---------------------------------------------------------------------------------------------
  // What a person does
  // ---------------------------------------------------------------------------------------------

  /** Opens a page and returns when all of it has been loaded and its scripts have run. */
  void open(String address) {
    loads.clear();
    call("Page.navigate", Map.of("url", address));
    try {
      if (loads.poll(SECONDS, TimeUnit.SECONDS) == null) {
        throw new AssertionError(address + " is not loaded");
      }
    } catch (InterruptedException e) {
      throw new AssertionError("interrupted while " + address + " is loaded", e);
    }
  }

  /** Clicks into the middle of an element. */
  void click(String selector) {
    JsonNode middle = middle(selector);
    clickAt(middle.get(0).asDouble(), middle.get(1).asDouble());
  }

  void clickWithAlt(String selector) {
    JsonNode middle = middle(selector);
    press(middle.get(0).asDouble(), middle.get(1).asDouble(), 1);
  }

  private JsonNode middle(String selector) {
    return evaluate(
        "(() => { const box = document.querySelector("
            + JSON.writeValueAsString(selector)
            + ").getBoundingClientRect();"
            + " return [box.left + box.width / 2, box.top + box.height / 2]; })()");
  }

  void clickAt(double x, double y) {
    press(x, y, 0);
  }

  private void press(double x, double y, int modifiers) {
    Map<String, Object> left = Map.of("button", "left", "clickCount", 1, "modifiers", modifiers);
    mouse("mouseMoved", x, y, Map.of());
    mouse("mousePressed", x, y, left);
    mouse("mouseReleased", x, y, left);
  }

  void move(double x, double y) {
    mouse("mouseMoved", x, y, Map.of());
  }

  void wheel(double x, double y, double deltaY) {
    mouse("mouseWheel", x, y, Map.of("deltaX", 0, "deltaY", deltaY));
  }

  private void mouse(String type, double x, double y, Map<String, Object> more) {
    Map<String, Object> event = new TreeMap<>(more);
    event.put("type", type);
    event.put("x", x);
    event.put("y", y);
    call("Input.dispatchMouseEvent", event);
  }

  /** Presses a key, by its name in the DOM. */
  void press(String key) {
    Map<String, Object> event = new TreeMap<>(Map.of("key", key, "type", "keyDown"));
    if (key.length() == 1) {
      event.put("text", key);
    } else if (key.equals("Enter")) {
      event.put("text", "\r");
    }
    call("Input.dispatchKeyEvent", event);
    call("Input.dispatchKeyEvent", Map.of("key", key, "type", "keyUp"));
  }

  /** Types into what has the focus. */
  void type(String text) {
    call("Input.insertText", Map.of("text", text));
  }

  void colourScheme(String scheme) {
    call(
        "Emulation.setEmulatedMedia",
        Map.of("features", List.of(Map.of("name", "prefers-color-scheme", "value", scheme))));
  }

  // ---------------------------------------------------------------------------------------------
  // What a person sees
  // ---------------------------------------------------------------------------------------------

  /** The value of an expression, or of what it promises. */
  JsonNode evaluate(String expression) {
    JsonNode answer =
        call(
            "Runtime.evaluate",
            Map.of("expression", expression, "awaitPromise", true, "returnByValue", true));
    if (answer.has("exceptionDetails")) {
      throw new AssertionError(expression + "\nthrows " + answer.get("exceptionDetails"));
    }
    return answer.at("/result/value");
  }

  /** What the page complained of so far: uncaught exceptions, and errors on its console. */
  List<String> complaints() {
    return List.copyOf(complaints);
  }

  /** Writes what is to be seen into a PNG file, after everything due has been drawn. */
  void screenshot(Path file) throws IOException {
    evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))");
    JsonNode shot = call("Page.captureScreenshot", Map.of("format", "png"));
    Files.createDirectories(file.toAbsolutePath().getParent());
    Files.write(file, Base64.getDecoder().decode(shot.get("data").asString()));
  }

  // ---------------------------------------------------------------------------------------------
  // The protocol
  // ---------------------------------------------------------------------------------------------

  private JsonNode call(String method, Map<String, ?> parameters) {
    int id = ids.incrementAndGet();
    CompletableFuture<JsonNode> answer = new CompletableFuture<>();
    pending.put(id, answer);
    Map<String, Object> message = new TreeMap<>();
    message.put("id", id);
    message.put("method", method);
    message.put("params", parameters);
    if (session != null) {
      message.put("sessionId", session);
    }
    socket.sendText(JSON.writeValueAsString(message), true).join();
    JsonNode result = answer.orTimeout(SECONDS, TimeUnit.SECONDS).join();
    if (result.has("error")) {
      throw new AssertionError(method + " " + parameters + " fails: " + result.get("error"));
    }
    return result.get("result");
  }

  private void received(JsonNode message) {
    if (message.has("id")) {
      CompletableFuture<JsonNode> answer = pending.remove(message.get("id").asInt());
      if (answer != null) {
        answer.complete(message);
      }
      return;
    }
    JsonNode params = message.get("params");
    switch (message.get("method").asString()) {
      case "Page.loadEventFired" -> loads.add(message);
      case "Runtime.exceptionThrown" -> complaints.add(params.toString());
      case "Runtime.consoleAPICalled" -> {
        if (params.get("type").asString().matches("error|warning|assert")) {
          complaints.add(params.toString());
        }
      }
      case "Log.entryAdded" -> {
        if (params.at("/entry/level").asString().equals("error")) {
          complaints.add(params.toString());
        }
      }
      default -> {
        // The browser tells much that nobody asked for.
      }
    }
  }

  /** Puts messages together from their parts. */
  private final class Listener implements WebSocket.Listener {
    private final StringBuilder text = new StringBuilder();

    @Override
    public @Nullable CompletionStage<?> onText(WebSocket from, CharSequence part, boolean last) {
      text.append(part);
      if (last) {
        received(JSON.readTree(text.toString()));
        text.setLength(0);
      }
      from.request(1);
      return null;
    }
  }

  @Override
  public void close() throws IOException {
    socket.abort();
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly();
    process.onExit().join();
    try (Stream<Path> files = Files.walk(profile)) {
      files.sorted((a, b) -> b.compareTo(a)).map(Path::toFile).forEach(File::delete);
    }
  }
}
