package dev.jangada.kv.command;

/** The answer to a request that was carried out. */
public sealed interface Response extends Result
    permits RangeResponse,
        PutResponse,
        DeleteRangeResponse,
        TxnResponse,
        CompactResponse,
        PublishMemberResponse,
        ChangeAlarmResponse,
        LeaseResponse,
        AuthResponse {

  /**
   * The store's revision when the request had been carried out. In the answer to an operation of a
   * transaction: as it stood after this operation.
   */
  long revision();
}
