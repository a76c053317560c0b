import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

export type Connection = {
  readonly socket: Socket;
  /** Oldest first. */
  readonly owed: ServerResponse[];
  /** The last tick with new requests, and their number. */
  turn: number;
  begun: number;
  isLast: boolean;
  /** Runs once no complete request is unanswered. */
  afterwards: (() => void) | undefined;
  /** Checks in a row that found it unread, and the bytes sent by then. */
  unreadTimes: number;
  takenBytes: number;
};

export function createConnection(socket: Socket): Connection {
  return { socket, owed: [], turn: 0, begun: 0, isLast: false, afterwards: undefined, unreadTimes: 0, takenBytes: 0 };
}

export function addOwed(connection: Connection, response: ServerResponse, turn: number): void {
  connection.begun = connection.turn === turn ? connection.begun + 1 : 1;
  connection.turn = turn;
  connection.owed.push(response);
}

export function removeOwed(connection: Connection, response: ServerResponse): boolean {
  // Usually the first: HTTP/1.1 answers in request order.
  const at = connection.owed.indexOf(response);
  if (at === -1) return false;
  connection.owed.splice(at, 1);
  return true;
}

/** The oldest answer is written but not sent: the client does not read. */
export function isUnread({ socket, owed: [oldest] }: Connection): boolean {
  return oldest !== undefined && oldest.writableEnded && socket.writableLength > 0;
}

/** @returns how often in a row */
export function countUnread(connection: Connection): number {
  const { socket } = connection;
  const taken = socket.bytesWritten - socket.writableLength;
  const isStill = isUnread(connection) && taken === connection.takenBytes;
  connection.takenBytes = taken;
  connection.unreadTimes = isStill ? connection.unreadTimes + 1 : 0;
  return connection.unreadTimes;
}

/** A truncated request gets no answer of its own. */
export function owesAnswers({ owed }: Connection): boolean {
  return owed.some(({ req }) => req.complete);
}
