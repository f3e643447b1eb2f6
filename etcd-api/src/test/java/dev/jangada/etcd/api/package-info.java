/** Tests that hold the wire format fast. Read {@link dev.jangada.etcd.api.WireFormatTest} first. */
@NullMarked
package dev.jangada.etcd.api;

import org.jspecify.annotations.NullMarked;
