/**
 * {@code jangada ctl}: etcdctl's commands, flags and output, for users without etcdctl. Read {@link
 * dev.jangada.cli.ctl.CtlCommand} first, then {@code Connection} and {@code Answer}.
 *
 * <p>What a script may rely on is as with etcdctl 3.4: names of commands and flags, what goes to
 * standard output in each format, and the exit codes. What people read, such as the text of errors
 * that do not come from the server, may say more.
 */
@NullMarked
package dev.jangada.cli.ctl;

import org.jspecify.annotations.NullMarked;
