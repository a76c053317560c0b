import type { OxlintConfig } from 'oxlint';

type OxlintOverride = NonNullable<OxlintConfig['overrides']>[number];

/** A test compares it with the table in docs/architecture.md. */
export const PACKAGE_IMPORTS: Readonly<Record<string, readonly string[]>> = {
  contracts: [],
  sources: ['contracts'],
  messages: ['contracts', 'sources'],
  outputs: ['contracts', 'messages'],
  config: ['contracts'],
  privacy: ['contracts'],
  queue: ['contracts', 'redis', 'pacing'],
  spool: ['contracts'],
  ledger: ['contracts', 'redis'],
  redis: ['contracts', 'pacing'],
  pacing: [],
  history: ['contracts', 'redis', 'queue', 'routing'],
  operations: ['contracts', 'redis', 'pacing', 'privacy', 'queue', 'ledger', 'history', 'routing', 'sources'],
  routing: ['contracts'],
  observability: ['contracts'],
  'server-programs': [],
  'redis-server': ['server-programs'],
  'postgres-server': ['server-programs'],
  testkit: ['contracts', 'redis-server', 'postgres-server'],
};

/** They may use the test-kit and import anything. */
const TEST_FILES = ['**/*.test.ts', '**/test-*.ts', '**/run-cli.ts'];

type Rules = NonNullable<OxlintOverride['rules']>;
type Pattern = { group: string[]; message: string; allowTypeImports?: boolean };

const BULLMQ: Pattern = { group: ['bullmq'], message: 'Only packages/queue/src/bullmq uses BullMQ.' };
const BULLMQ_VALUES: Pattern = {
  ...BULLMQ,
  message: 'Only packages/queue/src/bullmq uses BullMQ; the rest of packages/queue may use its types.',
  allowTypeImports: true,
};
const HTTP: Pattern = {
  group: ['undici', 'node:https', 'node:http2'],
  message: 'Only packages/outputs/src/http.ts makes outbound HTTP requests.',
};
const TEST_KIT: Pattern = {
  group: [
    '@ringback/testkit',
    '@ringback/testkit/*',
    '@ringback/redis-server',
    '@ringback/postgres-server',
    '@ringback/server-programs',
  ],
  message: 'Only tests, chaos and bench use the test-kit.',
};
const BY_NAME: Pattern = {
  group: ['**/src/**', '**/packages/**', '**/apps/**', '**/scripts/**', '**/tests/**', '**/chaos/**', '**/bench/**'],
  message: 'Import a package by its name. An app is never imported, nor is what stands outside of apps and packages.',
};

/** What each folder of packages/queue may import of the others. */
const QUEUE_FOLDERS: Readonly<Record<string, readonly string[]>> = {
  bullmq: [],
  deliveries: ['bullmq'],
  callbacks: ['bullmq', 'deliveries'],
  kept: ['bullmq', 'deliveries'],
  processes: ['bullmq', 'deliveries'],
  forget: ['bullmq', 'deliveries', 'kept'],
  encryption: ['bullmq', 'deliveries'],
  reshard: ['bullmq', 'deliveries', 'callbacks', 'kept', 'processes'],
};

function onlyOf(folder: string, allowed: readonly string[]): Pattern {
  return {
    group: ['@ringback/*', '@ringback/*/**', ...allowed.map((name) => `!@ringback/${name}`)],
    message: `${folder} may import ${allowed.length === 0 ? 'no package of ours' : allowed.join(', ')}: see docs/architecture.md, Folders.`,
  };
}

const OUTSIDERS: Pattern = {
  group: ['bullmq', 'fastify', 'undici'],
  message: 'Outside of apps and packages only bench/contestants uses these.',
};

const HTTP_CALLS = {
  name: 'node:http',
  importNames: ['request', 'get', 'Agent', 'ClientRequest', 'globalAgent'],
  message: HTTP.message,
};
const ENVIRONMENT = { name: 'node:process', importNames: ['env', 'default'], message: 'Only a main.ts reads the environment.' };

const imports = (...patterns: Pattern[]): Rules => ({
  'eslint/no-restricted-imports': ['error', { paths: [HTTP_CALLS, ENVIRONMENT], patterns }],
});

const NO_FETCH: Rules = {
  'eslint/no-restricted-globals': [
    'error',
    ...['fetch', 'WebSocket', 'EventSource'].map((name) => ({ name, message: HTTP.message })),
  ],
};
const NO_ENVIRONMENT: Rules = {
  'eslint/no-restricted-properties': ['error', { object: 'process', property: 'env', message: ENVIRONMENT.message }],
};

/** Without tests. */
function packageRules([name, allowed]: [string, readonly string[]]): OxlintOverride {
  const own = [onlyOf(`packages/${name}`, allowed), BY_NAME, HTTP, ...(name === 'queue' ? [BULLMQ_VALUES] : [BULLMQ])];
  return { files: [`packages/${name}/**`], excludeFiles: TEST_FILES, rules: imports(...own) };
}

function packageTestRules([name, allowed]: [string, readonly string[]]): OxlintOverride {
  const forTests = ['testkit', ...(allowed.includes('server-programs') ? ['server-programs/test-programs'] : [])];
  const files = TEST_FILES.map((pattern) => `packages/${name}/${pattern}`);
  return {
    files,
    rules: {
      'eslint/no-restricted-imports': [
        'error',
        { patterns: [onlyOf(`A test of packages/${name}`, [...allowed, ...forTests]), BY_NAME] },
      ],
    },
  };
}

/** What a folder of packages/queue may not import. */
function queueFolderWall(folder: string, allowed: readonly string[]): Pattern {
  const others = Object.keys(QUEUE_FOLDERS).filter((other) => other !== folder && !allowed.includes(other));
  return {
    group: others.flatMap((other) => [`../${other}/**`, `../../${other}/**`]),
    message: `packages/queue/src/${folder} may use ${allowed.length === 0 ? 'no other folder' : allowed.join(', ')} of packages/queue: see docs/architecture.md, Folders.`,
  };
}

/** Without its tests. */
function queueFolderRules([folder, allowed]: [string, readonly string[]]): OxlintOverride {
  const own = [onlyOf('packages/queue', PACKAGE_IMPORTS['queue'] ?? []), BY_NAME, HTTP, queueFolderWall(folder, allowed)];
  const rules = imports(...own, ...(folder === 'bullmq' ? [] : [BULLMQ_VALUES]));
  return { files: [`packages/queue/src/${folder}/**`], excludeFiles: TEST_FILES, rules };
}

function queueFolderTestRules([folder, allowed]: [string, readonly string[]]): OxlintOverride {
  const own = [onlyOf('A test of packages/queue', [...(PACKAGE_IMPORTS['queue'] ?? []), 'testkit']), BY_NAME];
  const patterns = [...own, queueFolderWall(folder, allowed)];
  const files = TEST_FILES.map((pattern) => `packages/queue/src/${folder}/${pattern}`);
  return { files, rules: { 'eslint/no-restricted-imports': ['error', { patterns }] } };
}

/** For oxlint. A later override replaces an earlier one for the same file. */
export const walls: OxlintOverride[] = [
  { files: ['apps/**', 'packages/**'], excludeFiles: [...TEST_FILES, 'packages/testkit/**'], rules: NO_FETCH },
  {
    files: ['apps/**', 'packages/**'],
    excludeFiles: [
      ...TEST_FILES,
      'apps/*/src/main.ts',
      'packages/testkit/**',
      'packages/redis-server/**',
      'packages/postgres-server/**',
      'packages/server-programs/**',
    ],
    rules: NO_ENVIRONMENT,
  },
  { files: ['packages/**'], excludeFiles: TEST_FILES, rules: imports(onlyOf('A new package', []), BY_NAME, HTTP, BULLMQ) },
  { files: ['apps/**'], excludeFiles: TEST_FILES, rules: imports(BY_NAME, HTTP, BULLMQ, TEST_KIT) },
  ...Object.entries(PACKAGE_IMPORTS).map(packageRules),
  ...Object.entries(PACKAGE_IMPORTS).map(packageTestRules),
  ...Object.entries(QUEUE_FOLDERS).map(queueFolderRules),
  ...Object.entries(QUEUE_FOLDERS).map(queueFolderTestRules),
  {
    files: ['bench/**', 'chaos/**', 'scripts/**'],
    excludeFiles: [...TEST_FILES, 'bench/contestants/**'],
    rules: { 'eslint/no-restricted-imports': ['error', { patterns: [OUTSIDERS] }] },
  },
  {
    files: ['packages/outputs/src/http.ts'],
    rules: imports(onlyOf('packages/outputs', PACKAGE_IMPORTS['outputs'] ?? []), BY_NAME, BULLMQ),
  },
];
