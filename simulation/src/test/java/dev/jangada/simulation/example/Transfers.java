package dev.jangada.simulation.example;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.jangada.raft.StateMachine;
import dev.jangada.simulation.Workload;
import dev.jangada.simulation.check.Model;
import dev.jangada.simulation.example.Transfers.Request;
import java.util.Map;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** What clients of the bank do: mostly transfer, sometimes look at all accounts. */
final class Transfers
    implements Workload<Request, String>, Model<Map<String, Integer>, Request, String> {

  /** A transfer with its number; one of nothing, from nowhere to nowhere, looks at all accounts. */
  record Request(String from, String to, int amount, long number) {}

  // The workload: what is asked, and how that is told to the machine.

  @Override
  public Request next(RandomGenerator random, int client, long number) {
    String accounts = "abc";
    return random.nextInt(4) == 0
        ? new Request("", "", 0, number)
        : new Request(
            String.valueOf(accounts.charAt(random.nextInt(3))),
            String.valueOf(accounts.charAt(random.nextInt(3))),
            random.nextInt(1, 80),
            number);
  }

  @Override
  public boolean isRead(Request request) {
    return request.from().isEmpty();
  }

  @Override
  public byte[] command(Request request) {
    return (request.from() + " " + request.to() + " " + request.amount() + " " + request.number())
        .getBytes(UTF_8);
  }

  @Override
  public String result(Request request, byte[] result) {
    return new String(result, UTF_8);
  }

  @Override
  public String read(Request request, StateMachine machine) {
    return ((Bank) machine).accounts.toString();
  }

  // The model: what a single bank that is used by one client after the other would answer.

  @Override
  public Model<?, Request, String> model() {
    return this;
  }

  @Override
  public Map<String, Integer> initial() {
    return Map.copyOf(new Bank().accounts);
  }

  @Override
  public @Nullable Map<String, Integer> step(
      Map<String, Integer> accounts, Request request, @Nullable String output) {
    Bank bank = new Bank();
    bank.accounts.putAll(accounts);
    String answer =
        isRead(request)
            ? new TreeMap<>(accounts).toString()
            : bank.transfer(request.from(), request.to(), request.amount())
                ? "done"
                : "short of money";
    return output == null || output.equals(answer) ? Map.copyOf(bank.accounts) : null;
  }
}
