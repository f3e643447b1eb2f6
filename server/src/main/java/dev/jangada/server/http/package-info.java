/**
 * HTTP/1.1 on the port of the clients: etcd's JSON gateway, its health and version pages, and
 * metrics. Read {@link dev.jangada.server.http.SharedPort} first, which tells gRPC from HTTP, then
 * {@link dev.jangada.server.http.HttpConnection} for the way of a request. What monitoring asks is
 * served at a port of its own as well, {@link dev.jangada.server.http.MonitoringPort}.
 *
 * <p>Nothing here knows what the services do: it calls them by their descriptors.
 */
@NullMarked
package dev.jangada.server.http;

import org.jspecify.annotations.NullMarked;
