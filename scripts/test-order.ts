import { relative } from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** The longest first, of those that take ten seconds and more: otherwise one of them runs alone at the end. */
export const LONGEST: readonly string[] = [
  'tests/chaos.test.ts',
  'tests/package.test.ts',
  'tests/images.test.ts',
  'tests/sentinel-failover.test.ts',
  'tests/overload.test.ts',
  'tests/crash-points.test.ts',
  'tests/dead-outputs.test.ts',
  'tests/runbook.test.ts',
  'tests/monitoring.test.ts',
  'tests/outage.test.ts',
  'scripts/start.test.ts',
  'tests/spool.test.ts',
  'tests/silent-connection.test.ts',
  'tests/tracing.test.ts',
  'tests/history-story.test.ts',
  'packages/history/src/postgres/store.test.ts',
  'tests/incident.test.ts',
  'tests/rotate-keys.test.ts',
  'tests/reshard.test.ts',
  'apps/worker/src/alerts/alerts.test.ts',
  'tests/outage-lines.test.ts',
  'tests/cluster-failover.test.ts',
  'tests/fuzz.test.ts',
  'packages/redis/src/failover.test.ts',
  'tests/history-kill.test.ts',
  'tests/restart.test.ts',
  'tests/reload-faults.test.ts',
  'scripts/docs-settings.test.ts',
  'tests/worker-shards-away.test.ts',
  'tests/delivery.test.ts',
  'tests/reload.test.ts',
  'tests/redis-refuses.test.ts',
  'tests/history-store-away.test.ts',
  'tests/kubernetes.test.ts',
  'tests/encrypted-bodies.test.ts',
  'tests/metrics.test.ts',
  'packages/queue/src/processes/announce.test.ts',
  'tests/log-pipe.test.ts',
  'tests/dead-letters.test.ts',
  'apps/worker/src/output/unreadable-shares.test.ts',
  'tests/encrypted-at-rest.test.ts',
  'apps/cli/src/send/unused-flags.test.ts',
  'tests/history-idle.test.ts',
  'tests/settings-change.test.ts',
  'apps/cli/src/search/follow-process.test.ts',
  'tests/worker-shards-outputs.test.ts',
];

const groupOf = ({ project }: TestSpecification) => project.config.sequence.groupOrder;

/** The order of the files of a run: in a fresh checkout vitest knows only their sizes. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const { root } = this.ctx.config;
    const rankOf = ({ moduleId }: TestSpecification) => {
      const at = LONGEST.indexOf(relative(root, moduleId).replaceAll('\\', '/'));
      return at === -1 ? LONGEST.length : at;
    };
    // oxlint-disable-next-line unicorn/no-array-sort -- vitest's own order
    const usual = await super.sort(files);
    return usual.toSorted((one, other) => groupOf(one) - groupOf(other) || rankOf(one) - rankOf(other));
  }
}
