import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

export type Connection = {
  readonly socket: Socket;
  /** Answers that are not out yet, oldest first. */
  readonly owed: ServerResponse[];
  /** The last turn of the event loop in which requests were begun, and how many. */
  turn: number;
  begun: number;
  /** Takes no further request. */
  isLast: boolean;
  /** What is to be done once it owes no answer to a whole request. */
  afterwards: (() => void) | undefined;
  /** How often in a row it was found unread, with so many bytes taken by the system. */
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

/** @returns false when it was not owed any more */
export function removeOwed(connection: Connection, response: ServerResponse): boolean {
  // Mostly the first: HTTP/1.1 answers in the order of the requests.
  const at = connection.owed.indexOf(response);
  if (at === -1) return false;
  connection.owed.splice(at, 1);
  return true;
}

/** Its oldest answer has been given, and the system does not take it: the client does not read. */
export function isUnread({ socket, owed: [oldest] }: Connection): boolean {
  return oldest !== undefined && oldest.writableEnded && socket.writableLength > 0;
}

/** @returns how often in a row it was found unread, this time included, and nothing of it went out in between */
export function countUnread(connection: Connection): number {
  const { socket } = connection;
  const taken = socket.bytesWritten - socket.writableLength;
  const isStill = isUnread(connection) && taken === connection.takenBytes;
  connection.takenBytes = taken;
  connection.unreadTimes = isStill ? connection.unreadTimes + 1 : 0;
  return connection.unreadTimes;
}

/** A request that was cut short gets no answer of its own. */
export function owesAnswers({ owed }: Connection): boolean {
  return owed.some(({ req }) => req.complete);
}
