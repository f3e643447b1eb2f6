package dev.jangada.kv.command;

import java.util.List;

/**
 * Answer to a {@link TxnRequest}.
 *
 * @param revision the revision the transaction made; the current one if it changed nothing
 * @param succeeded whether the comparisons held
 * @param responses one for each operation of the branch taken, in order
 */
public record TxnResponse(long revision, boolean succeeded, List<Response> responses)
    implements Response {

  public TxnResponse {
    responses = List.copyOf(responses);
  }
}
