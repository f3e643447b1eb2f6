package dev.jangada.raft;

/**
 * The receipt for a {@link Ready}: handed back through {@link Raft#persisted} once that Ready's
 * hard state and entries are durable, and everything before them.
 *
 * <p>It carries the term in which the write was made beside the last entry, because an index alone,
 * and even the identity of an entry, does not tell which of several writes of that entry has become
 * durable. Take: (5@1) is written; a leader of term 2 replaces it by (5@2); a leader of term 3 puts
 * (5@1) back. The receipt of the first write arrives. The entry at 5 does have term 1, and yet it
 * may not be durable: the second write may have been made and the third not. Within one term no
 * entry that the term's leader put into place is replaced, so that a receipt of the current term
 * speaks the truth; one of an older term is ignored, and the write that the new term itself causes
 * will give a better one.
 *
 * @param term the node's term when the Ready was made
 * @param last identity of the last log entry at that time
 */
public record Persisted(long term, EntryId last) {}
