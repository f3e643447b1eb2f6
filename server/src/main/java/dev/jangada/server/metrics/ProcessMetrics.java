package dev.jangada.server.metrics;

import com.sun.management.OperatingSystemMXBean;
import com.sun.management.UnixOperatingSystemMXBean;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Supplier;

/** What Prometheus' own clients tell of every process, under their names. */
final class ProcessMetrics {

  private static final Path MEMORY = Path.of("/proc/self/statm");
  private static final int VIRTUAL = 0;
  private static final int RESIDENT = 1;
  private static final long PAGE_BYTES = 4096;

  private ProcessMetrics() {}

  static void register(MeterRegistry registry) {
    if (ManagementFactory.getOperatingSystemMXBean() instanceof OperatingSystemMXBean system) {
      FunctionCounter.builder(
              "process_cpu_seconds_total", system, bean -> bean.getProcessCpuTime() / 1e9)
          .description("Processor time used.")
          .register(registry);
      if (system instanceof UnixOperatingSystemMXBean unix) {
        gauge(registry, "process_open_fds", "Open files.", unix::getOpenFileDescriptorCount);
        gauge(registry, "process_max_fds", "Most open files.", unix::getMaxFileDescriptorCount);
      }
    }
    long start = ManagementFactory.getRuntimeMXBean().getStartTime();
    gauge(registry, "process_start_time_seconds", "When it was started.", () -> start / 1e3);
    if (Files.isReadable(MEMORY)) {
      gauge(
          registry, "process_resident_memory_bytes", "Memory that it has.", () -> memory(RESIDENT));
      gauge(
          registry,
          "process_virtual_memory_bytes",
          "Memory that it has reserved.",
          () -> memory(VIRTUAL));
    }
  }

  private static void gauge(
      MeterRegistry registry, String name, String what, Supplier<Number> value) {
    Gauge.builder(name, value).description(what).register(registry);
  }

  private static double memory(int field) {
    try {
      return Long.parseLong(Files.readString(MEMORY).trim().split(" ", -1)[field])
          * (double) PAGE_BYTES;
    } catch (IOException | NumberFormatException e) {
      return Double.NaN;
    }
  }
}
