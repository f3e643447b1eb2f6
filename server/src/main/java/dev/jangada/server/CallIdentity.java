package dev.jangada.server;

import dev.jangada.kv.command.Caller;
import io.grpc.Context;
import org.jspecify.annotations.Nullable;

/**
 * Who makes a call, as the {@link AuthInterceptor} found out. Asked for on the thread that a
 * service is called on; what goes on elsewhere has to be given it.
 *
 * @param caller null if nobody said who he is, and while permissions do not count
 * @param refusal why a stream of watches, which says so for each of them, is to refuse all; else
 *     null
 */
record CallIdentity(@Nullable Caller caller, @Nullable EtcdError refusal) {

  static final CallIdentity NOBODY = new CallIdentity(null, null);

  static final Context.Key<CallIdentity> KEY = Context.keyWithDefault("identity", NOBODY);

  /** The one of the call that the current thread serves. */
  static CallIdentity current() {
    return KEY.get();
  }

  /** The caller of the call that the current thread serves. */
  static @Nullable Caller currentCaller() {
    return current().caller();
  }
}
