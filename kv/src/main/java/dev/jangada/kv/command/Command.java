package dev.jangada.kv.command;

/**
 * What can stand in the replicated log. {@link CommandCodec} turns it into the data of an entry.
 */
public sealed interface Command
    permits PutRequest,
        DeleteRangeRequest,
        TxnRequest,
        CompactRequest,
        PublishMemberRequest,
        ChangeAlarmRequest,
        LeaseCommand,
        AuthCommand,
        AuthenticatedRequest,
        MemberRequest {}
