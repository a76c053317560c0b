import { existsSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { Finding } from '@ringback/operations';
import { canWrite } from '../../check/can-write.ts';
import type { Check, DoctorContext } from '../check.ts';
import { judgeDisk } from './disk.ts';
import { secretsStandIn } from './inline-secrets.ts';
import { REDIS_OF_START } from '../../reach/redis-of-start.ts';

export const fileChecks: readonly Check[] = [
  { name: 'settings-file', group: 'files', run: checkSettingsFile },
  { name: 'secret-files', group: 'files', run: checkSecretFiles },
  { name: 'start-files', group: 'files', run: checkStartFiles },
  { name: 'spool', group: 'files', run: checkSpool },
  { name: 'history-file', group: 'files', run: checkHistoryFile },
];

const OTHERS_READ = 0o004;
const OTHERS_WRITE = 0o002;

const modeOf = (path: string) => statSync(path).mode;
const octal = (path: string) => (modeOf(path) & 0o777).toString(8);

function checkSettingsFile({ path, settings }: DoctorContext): Finding[] {
  const subject = path();
  const mode = octal(subject);
  if (modeOf(subject) & OTHERS_WRITE) {
    const text = `everyone on this machine may write it (mode ${mode})`;
    return [{ severity: 'error', subject, text, mend: `chmod o-w ${subject}` }];
  }
  const inline = modeOf(subject) & OTHERS_READ ? secretsStandIn(subject, settings()) : [];
  if (inline.length > 0) {
    const text = `secrets stand in it (${inline.join(', ')}), and everyone on this machine may read it (mode ${mode})`;
    return [{ severity: 'warning', subject, text, mend: `chmod o-r ${subject}, or name files of secrets in it (…File)` }];
  }
  return [{ severity: 'ok', subject, text: `mode ${mode}` }];
}

function checkSecretFiles({ path, readFiles }: DoctorContext): Finding[] {
  const files = readFiles().filter((file) => file !== path() && existsSync(file));
  if (files.length === 0) return [{ severity: 'ok', subject: 'secret-files', text: 'the settings name none' }];
  return files.map((subject) => {
    const mode = octal(subject);
    const open = modeOf(subject) & (OTHERS_READ | OTHERS_WRITE);
    if (open === 0) return { severity: 'ok', subject, text: `mode ${mode}` };
    const verb = open & OTHERS_WRITE ? 'write' : 'read';
    const text = `it holds a secret, and everyone on this machine may ${verb} it (mode ${mode})`;
    return { severity: verb === 'write' ? 'error' : 'warning', subject, text, mend: `chmod o= ${subject}` };
  });
}

/** `npm start` makes it for its owner only. */
function checkStartFiles(): Finding[] {
  const subject = REDIS_OF_START;
  if (!existsSync(subject)) return [{ severity: 'ok', subject, text: 'there is none: npm start has no Redis of its own here' }];
  const mode = octal(subject);
  if ((modeOf(subject) & (OTHERS_READ | OTHERS_WRITE)) === 0) return [{ severity: 'ok', subject, text: `mode ${mode}` }];
  const text = `it holds the password of Redis, and everyone on this machine may read or write it (mode ${mode})`;
  return [{ severity: 'error', subject, text, mend: `chmod 600 ${subject}` }];
}

function checkSpool({ path, settings }: DoctorContext): Finding[] {
  const { spool } = settings().ingress;
  if (spool === undefined) return [{ severity: 'ok', subject: 'spool', text: 'the settings have none' }];
  const file = resolve(dirname(path()), spool.path);
  const subject = file;
  if (!existsSync(dirname(file)))
    return [
      {
        severity: 'error',
        subject,
        text: 'its folder does not exist',
        mend: `mkdir ${dirname(file)}, on a disk that outlives the process`,
      },
    ];
  const size = sizeOf(file);
  return [judgeWritable(file), judgeDisk({ subject, folder: dirname(file), wants: Math.max(0, spool.maxBytes - size) })];
}

/** Its write-ahead log, and what pruning frees only later, need room beside the file. */
const HISTORY_ROOM_BYTES = 256 * 1024 * 1024;

function checkHistoryFile({ path, settings }: DoctorContext): Finding[] {
  const { history } = settings();
  if (history?.path === undefined) return [{ severity: 'ok', subject: 'history-file', text: 'the settings name none' }];
  const file = resolve(dirname(path()), history.path);
  let folder = dirname(file);
  while (!existsSync(folder)) folder = dirname(folder);
  const wants = Math.max(HISTORY_ROOM_BYTES, sizeOf(file) / 10);
  return [judgeWritable(existsSync(dirname(file)) ? file : folder), judgeDisk({ subject: file, folder, wants })];
}

const sizeOf = (file: string) => statSync(file, { throwIfNoEntry: false })?.size ?? 0;

/** A file, and the folder that other files are made in beside it. */
function judgeWritable(file: string): Finding {
  const refused = [file, dirname(file)].find((one) => existsSync(one) && !canWrite(one));
  if (refused !== undefined)
    return {
      severity: 'error',
      subject: refused,
      text: 'this user may not write it',
      mend: `run this as the user of the app; then: chown <user> ${refused}`,
    };
  const owner = statSync(existsSync(file) ? file : dirname(file)).uid;
  const ours = process.getuid?.();
  if (ours === undefined || owner === ours) return { severity: 'ok', subject: file, text: 'this user may write it' };
  const text = `user ${owner} owns it, and this is user ${ours}: the apps must run as a user that may write it`;
  return { severity: 'note', subject: file, text };
}
