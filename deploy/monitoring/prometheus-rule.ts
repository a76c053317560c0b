import { parse, stringify } from 'yaml';

const HEADER = `# Written from deploy/monitoring/rules.yaml by: npm test -- tests/monitoring.test.ts -u
# Without -u that test fails if they differ.
`;

/** The text of rules.yaml → the same rules as a resource of the Prometheus Operator, in YAML. */
export function prometheusRule(rules: string): string {
  const { groups }: { readonly groups: readonly object[] } = parse(rules);
  const resource = {
    apiVersion: 'monitoring.coreos.com/v1',
    kind: 'PrometheusRule',
    metadata: { name: 'ringback', labels: { 'app.kubernetes.io/name': 'ringback' } },
    spec: { groups },
  };
  return HEADER + stringify(resource, { lineWidth: 0 });
}
