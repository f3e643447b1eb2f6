package dev.jangada.cli.ctl;

import java.io.IOException;
import java.io.InputStream;
import java.util.Properties;
import picocli.CommandLine.Command;

/** Which version this is. */
@Command(name = "version", description = "Print the version of this command and of the API.")
final class VersionCommand extends Action {

  /** Up to which version of etcd's API this command follows etcdctl. */
  private static final String API_VERSION = "3.4";

  @Override
  void run(Ctl ctl) throws IOException {
    Properties properties = new Properties();
    try (InputStream file =
        VersionCommand.class.getResourceAsStream("/dev/jangada/cli/version.properties")) {
      properties.load(file);
    }
    ctl.say("jangada version: " + properties.getProperty("version"));
    ctl.say("API version: " + API_VERSION);
  }
}
