/**
 * Connections that may wait until a busy process takes them. Of more, Linux throws the first packet away, and its client
 * tries again after 1, 3, 7 seconds. Linux allows no more by itself (net.core.somaxconn); Node's own choice is 511.
 */
export const LISTEN_BACKLOG = 4_096;
