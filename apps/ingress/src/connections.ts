import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Logger } from '@ringback/contracts';
import { type Crowd, createCrowd } from './crowd.ts';
import { addOwed, type Connection, countUnread, isUnread, owesAnswers, removeOwed } from './owed-answers.ts';
import { ignoreRequestsWhile } from './pipelining.ts';

/** What connections may hold. */
export type ConnectionBounds = {
  /** Requests of a connection that are begun in one turn of the event loop, and answers owed on it at once; the last of them closes it. */
  readonly pipelined: number;
  /** ms between two looks for answers that nobody reads. */
  readonly sweep: number;
  /** So many looks in a row without a byte that went out close a connection. Not a time: this process may have been held up itself. */
  readonly unreadSweeps: number;
};

export const CONNECTION_BOUNDS: ConnectionBounds = { pipelined: 16, sweep: 1000, unreadSweeps: 10 };

export type Connections = {
  /** Takes no further request on this connection. MUST go with an answer that says `connection: close`. */
  readonly isLast: (socket: Socket) => void;
  /** Runs once every whole request of the connection is answered: at once where none is owed an answer. */
  readonly afterAnswers: (socket: Socket, run: () => void) => void;
  /** Why a new connection would be refused now; none: it would not. */
  readonly notReadyReasons: () => readonly string[];
};

export type ConnectionsOptions = {
  readonly server: Server;
  readonly maxConnections: number;
  /** Answers owed on all connections together; beyond that, connections whose clients do not read are closed. */
  readonly maxOwed: number;
  readonly bounds: ConnectionBounds;
  readonly logger: Logger;
};

/** Keeps the server's connections, and the answers that are owed on them, within their bounds. */
export function boundConnections({ server, maxConnections, maxOwed, bounds, logger }: ConnectionsOptions): Connections {
  const crowd = createCrowd({ max: maxConnections, logger });
  const turn = createTurnCounter();

  // Behind Node's own listener, which gives the socket its parser.
  server.on('connection', (socket: Socket) => {
    const connection = crowd.take(socket);
    if (connection) ignoreRequestsWhile(socket, () => connection.isLast);
  });
  server.prependListener('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
    const connection = crowd.find(socket);
    if (!connection) return;
    if (crowd.owed() >= maxOwed) closeOneUnread(crowd);
    begin({ crowd, connection, response, turn: turn(), atMost: bounds.pipelined });
  });
  const sweep = setInterval(() => closeUnread(crowd, bounds.unreadSweeps), bounds.sweep).unref();
  server.once('close', () => clearInterval(sweep));

  return {
    isLast(socket) {
      const connection = crowd.find(socket);
      if (connection) connection.isLast = true;
    },
    afterAnswers(socket, run) {
      const connection = crowd.find(socket);
      if (connection && owesAnswers(connection)) connection.afterwards = run;
      else run();
    },
    notReadyReasons: crowd.notReadyReasons,
  };
}

type Beginning = { crowd: Crowd; connection: Connection; response: ServerResponse; turn: number; atMost: number };

function begin({ crowd, connection, response, turn, atMost }: Beginning): void {
  addOwed(connection, response, turn);
  crowd.changed(connection, 1);
  if (connection.begun >= atMost || connection.owed.length >= atMost) {
    connection.isLast = true;
    response.setHeader('connection', 'close');
  }
  // Comes once, also where the client went away.
  response.on('close', () => {
    if (!removeOwed(connection, response)) return;
    crowd.changed(connection, -1);
    const { afterwards } = connection;
    if (!afterwards || owesAnswers(connection)) return;
    connection.afterwards = undefined;
    // Otherwise the answer before was the last one.
    if (connection.socket.writable) afterwards();
  });
}

/** Numbers the turns of the event loop in which it is called. */
function createTurnCounter(): () => number {
  let turn = 0;
  let isCounting = false;
  return () => {
    if (!isCounting) {
      isCounting = true;
      setImmediate(() => {
        turn += 1;
        isCounting = false;
      });
    }
    return turn;
  };
}

function closeOneUnread(crowd: Crowd): void {
  for (const connection of crowd.busy()) {
    if (isUnread(connection)) return crowd.close(connection);
  }
}

/** Closes what has been found unread so many times in a row. */
function closeUnread(crowd: Crowd, times: number): void {
  for (const connection of crowd.busy()) {
    if (countUnread(connection) > times) crowd.close(connection);
  }
}
