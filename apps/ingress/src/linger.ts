import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/** How long a sender may go on with what will not be read, ms. Its connection counts until then. */
const LINGER_MS = 2000;

/**
 * Has a connection end with the answer that is being written to it, but not before the sender has read that: what it still sends is read and thrown away for a while. To close
 * at once, as Node does, resets the connection, and with that the sender's TCP throws away the answer, too (RFC 9112, 9.6).
 */
export function lingerAfterAnswer(socket: Socket): void {
  // Node's way of ending a connection after its last answer.
  socket.destroySoon = () => linger(socket);
}

/** The same for a connection whose answer is written. */
export function linger(socket: Duplex): void {
  const timer = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.once('close', () => clearTimeout(timer));
  socket.end();
  socket.resume();
}
