package dev.jangada.server.call;

import dev.jangada.kv.command.Caller;
import io.grpc.Context;
import org.jspecify.annotations.Nullable;

/**
 * Who makes a call, as the {@link dev.jangada.server.auth.AuthInterceptor} found out. Asked for on
 * the thread that a service is called on; what goes on elsewhere has to be given it.
 *
 * @param caller null if nobody said who he is, and while permissions do not count
 * @param refusal why a stream of watches, which says so for each of them, is to refuse all; else
 *     null
 */
public record CallIdentity(@Nullable Caller caller, @Nullable EtcdError refusal) {

  /** Of a call of which nothing is known. */
  public static final CallIdentity NOBODY = new CallIdentity(null, null);

  /** Where the identity is kept with a call. */
  public static final Context.Key<CallIdentity> KEY = Context.keyWithDefault("identity", NOBODY);

  /** The one of the call that the current thread serves. */
  public static CallIdentity current() {
    return KEY.get();
  }

  /** The caller of the call that the current thread serves. */
  public static @Nullable Caller currentCaller() {
    return current().caller();
  }
}
