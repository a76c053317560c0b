import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { inspectSettings } from '../reach/load-settings.ts';
import { runCli } from '../run-cli.ts';
import { neededVariables, OUTPUTS, settingsText, SOURCES } from './settings-text.ts';

function emptyFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'ringback-init-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

describe('ringback init --yes', () => {
  it('writes settings that are fine as they are, and tells what comes next', async () => {
    const cwd = emptyFolder();
    const { code, out, err } = await runCli(['init', '--yes'], { cwd });
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(/^wrote ringback\.yaml\nNext: .*ringback check/);
    expect(await runCli(['check', '--strict'], { cwd })).toMatchObject({ code: 0, err: '' });
    expect(await runCli(['route', 'task'], { cwd })).toMatchObject({ code: 0 });
  });

  it('overwrites nothing, unless told to', async () => {
    const cwd = emptyFolder();
    writeFileSync(join(cwd, 'ringback.yaml'), 'mine\n');
    const { code, err } = await runCli(['init', '--yes'], { cwd });
    expect({ code, err }).toEqual({ code: 1, err: expect.stringMatching(/ringback\.yaml exists already.*--force/) });
    expect(readFileSync(join(cwd, 'ringback.yaml'), 'utf8')).toBe('mine\n');
    expect(await runCli(['init', '--yes', '--force'], { cwd })).toMatchObject({ code: 0, err: '' });
    expect(await runCli(['check'], { cwd })).toMatchObject({ code: 0 });
  });

  it('writes where it is told to, and says why it cannot', async () => {
    const cwd = emptyFolder();
    expect(await runCli(['init', 'other.yaml', '--yes'], { cwd })).toMatchObject({ code: 0 });
    expect(statSync(join(cwd, 'other.yaml')).isFile()).toBe(true);
    const { code, err } = await runCli(['init', 'no-such-folder/x.yaml', '--yes'], { cwd });
    expect({ code, err }).toEqual({ code: 1, err: 'RB_CONFIG_UNREADABLE: no-such-folder/x.yaml cannot be written: ENOENT\n' });
  });

  it('is what a command without a terminal needs', async () => {
    const { code, err } = await runCli(['init'], { cwd: emptyFolder() });
    expect({ code, err }).toEqual({ code: 1, err: expect.stringContaining('--yes') });
  });
});

describe('the settings that init writes', () => {
  const VALUES: Readonly<Record<string, string>> = {
    CALLBOT_SECRET: 'a-secret',
    NXLINK_SECRET: 'a-secret',
    SENDER_SECRET: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
    SLACK_WEBHOOK_URL: 'https://hooks.slack.com/services/T/B/X',
    DISCORD_WEBHOOK_URL: 'https://discord.com/api/webhooks/1/x',
  };
  const all = SOURCES.flatMap((source) => OUTPUTS.map((output) => ({ source, output })));

  it.each(all)('from $source to $output are fine, once the variables are set that it names', ({ source, output }) => {
    const account = source === 'callbot' ? 'my "account"' : 'my"account';
    const text = settingsText({ source, account, output, url: 'https://crm.example.com/hook?a=1' });
    const path = join(emptyFolder(), 'ringback.yaml');
    writeFileSync(path, text);
    const env = Object.fromEntries(neededVariables(text).map((name) => [name, VALUES[name]]));
    expect(Object.values(env)).not.toContain(undefined);
    expect(inspectSettings({ path, env }).config.routes).toHaveLength(1);
  });

  it('hold no secret but the published one', () => {
    for (const { source, output } of all) {
      const secrets = Array.from(
        settingsText({ source, account: 'mine', output }).matchAll(/secrets: (.*)/gi),
        ([, text]) => text,
      );
      expect(secrets).toEqual([expect.stringMatching(/^\['\$\{[A-Z_]+\}'\]/)]);
    }
  });
});
