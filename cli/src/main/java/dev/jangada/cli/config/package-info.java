/**
 * Settings as etcd's users have them. Read {@link dev.jangada.cli.config.ConfigFile} first, then
 * {@link dev.jangada.cli.config.OtherFlag} for the flags that mean nothing here.
 */
@NullMarked
package dev.jangada.cli.config;

import org.jspecify.annotations.NullMarked;
