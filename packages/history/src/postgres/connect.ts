import { checkServerIdentity, type PeerCertificate } from 'node:tls';
import { DatabaseError, Pool, type PoolClient, types } from 'pg';
import { RingbackError } from '@ringback/contracts';
import { historyError, type ServerName, SqlError, unusable } from './errors.ts';

export type Row = Readonly<Record<string, unknown>>;
export type Sql = (text: string, values?: readonly unknown[]) => Promise<Row[]>;

/** A connected database. Every error is one of ours, or a bug. */
export type Database = {
  readonly server: ServerName;
  /** Runs one statement by itself. */
  readonly sql: Sql;
  /** Runs `work` in one transaction. What it throws rolls back. */
  readonly transaction: <T>(work: (sql: Sql) => Promise<T>) => Promise<T>;
  readonly close: () => Promise<void>;
};

type Text = { reveal(): string };

/** As in the settings. */
export type PostgresPlace = {
  readonly url: Text;
  readonly tls?:
    | {
        readonly ca?: Text | undefined;
        readonly cert?: Text | undefined;
        readonly key?: Text | undefined;
        readonly servername?: string | undefined;
      }
    | undefined;
};

export type Patience = {
  /** For a connection. */
  readonly connectMs: number;
  /** For a statement: the server ends it. A server that does not answer at all is given up 5 s later. */
  readonly statementMs: number;
};

const PATIENCE: Patience = { connectMs: 5000, statementMs: 30_000 };
const MOST_GRACE_MS = 5000;
/** A writer uses one; others are for what reads beside it. */
const CONNECTIONS = 4;
const IDLE_MS = 30_000;
/** By them the URL would overrule `history.tls`. */
const TLS_PARAMETERS = ['ssl', 'sslmode', 'sslcert', 'sslkey', 'sslrootcert', 'sslpassword'];

type Address = {
  readonly connectionString: string;
  /** Begins with a slash for a socket of this machine. */
  readonly host: string;
  readonly port: number;
  readonly server: ServerName;
  readonly isTls: boolean;
};

/** @throws RingbackError RB_HISTORY_UNUSABLE */
export function readUrl(url: string): Address {
  const parsed = URL.parse(url);
  if (parsed === null) throw unusable('history.url', 'its URL cannot be read: postgres://user:password@host:5432/database');
  const isTls = parsed.searchParams.has('sslmode') && parsed.searchParams.get('sslmode') !== 'disable';
  for (const name of TLS_PARAMETERS) parsed.searchParams.delete(name);
  const named = parsed.hostname || parsed.searchParams.get('host') || 'localhost';
  const port = Number(parsed.port || 5432);
  const host = decodeURIComponent(named).replaceAll(/^\[|\]$/g, '');
  return { connectionString: parsed.href, host, port, server: `${named}:${port}${parsed.pathname}`, isTls };
}

/** Node checks the name that it connects to; the certificate may have another. */
export function tlsOf(tls: PostgresPlace['tls'] = {}) {
  const { ca, cert, key, servername } = tls;
  return {
    ...(ca && { ca: ca.reveal() }),
    ...(cert && { cert: cert.reveal() }),
    ...(key && { key: key.reveal() }),
    ...(servername !== undefined && {
      servername,
      checkServerIdentity: (_: string, certificate: PeerCertificate) => checkServerIdentity(servername, certificate),
    }),
  };
}

/** Without a first connection: that comes with the first statement. @throws RingbackError RB_HISTORY_UNUSABLE for the URL */
export function connectDatabase(place: PostgresPlace, { connectMs, statementMs }: Patience = PATIENCE): Database {
  const { connectionString, server, isTls } = readUrl(place.url.reveal());
  const graceMs = Math.min(statementMs, MOST_GRACE_MS);
  const pool = new Pool({
    connectionString,
    ssl: place.tls !== undefined || isTls ? tlsOf(place.tls) : false,
    max: CONNECTIONS,
    idleTimeoutMillis: IDLE_MS,
    connectionTimeoutMillis: connectMs,
    statement_timeout: statementMs,
    query_timeout: statementMs + graceMs,
    idle_in_transaction_session_timeout: statementMs + graceMs,
    application_name: 'ringback',
    // To compile a look-up takes longer than to run it.
    options: '-c jit=off',
    keepAlive: true,
    types: { getTypeParser: (oid, format) => (oid === types.builtins.INT8 ? Number : types.getTypeParser(oid, format)) },
  });
  // A connection that breaks while idle. The next statement opens another.
  pool.on('error', ignore);
  const guarded = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw historyError(error, server);
    }
  };
  return {
    server,
    sql: (text, values) => guarded(async () => (await pool.query<Row>(text, values && [...values])).rows),
    transaction: (work) => guarded(async () => inTransaction(await pool.connect(), work)),
    close: () => pool.end(),
  };
}

async function inTransaction<T>(client: PoolClient, work: (sql: Sql) => Promise<T>): Promise<T> {
  let failure: Error | undefined;
  // Without a listener the end of a connection that is in use would end the process.
  client.on('error', ignore);
  try {
    await client.query('BEGIN');
    const result = await work(async (text, values) => (await client.query<Row>(text, values && [...values])).rows);
    await client.query('COMMIT');
    return result;
  } catch (error) {
    // A connection that has failed, or whose state is unknown, is not used again.
    const isKnown = [DatabaseError, SqlError, RingbackError].some((type) => error instanceof type);
    failure = isKnown ? await rolledBack(client) : new Error('broken');
    throw error;
  } finally {
    client.off('error', ignore);
    client.release(failure);
  }
}

const ignore = () => {};

async function rolledBack(client: PoolClient): Promise<Error | undefined> {
  try {
    await client.query('ROLLBACK');
    return undefined;
  } catch {
    return new Error('broken');
  }
}
