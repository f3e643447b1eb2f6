package dev.jangada.server.watch;

/**
 * How watching goes, as of one moment.
 *
 * @param receivers streams that have watchers, and others who watch inside the server
 * @param watchers how many there are
 * @param slow how many of them have not been told of everything yet
 * @param events how many have been told so far, to all watchers together
 * @param pages how many pages of the store's history have been read so far for those who were slow
 */
public record WatchStatistics(int receivers, int watchers, int slow, long events, long pages) {}
