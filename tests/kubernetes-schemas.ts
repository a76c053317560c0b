import { Gateway, HTTPRoute } from '@kubernetes-models/gateway-api/gateway.networking.k8s.io/v1';
import { ScaledObject, TriggerAuthentication } from '@kubernetes-models/keda/keda.sh/v1alpha1';
import { PodMonitor, PrometheusRule } from '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1';
import { Deployment, StatefulSet } from 'kubernetes-models/apps/v1';
import { HorizontalPodAutoscaler } from 'kubernetes-models/autoscaling/v2';
import { Ingress, NetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1';
import { PodDisruptionBudget } from 'kubernetes-models/policy/v1';
import { ConfigMap, Namespace, Secret, Service, ServiceAccount } from 'kubernetes-models/v1';

const CORE = [ConfigMap, Namespace, Secret, Service, ServiceAccount];
const NAMED = [Deployment, StatefulSet, HorizontalPodAutoscaler, Ingress, NetworkPolicy, PodDisruptionBudget];
const CUSTOM = [Gateway, HTTPRoute, PodMonitor, PrometheusRule, ScaledObject, TriggerAuthentication];
const MODELS = [...CORE, ...NAMED, ...CUSTOM];

/** By place in the resource: the keys that its schema looked at, or `all` of them. */
type Looks = Map<string, Set<string> | 'all'>;

/**
 * What is wrong with a resource by its JSON schema, as lines; none: nothing. The compiled schemas of kubernetes-models let unknown
 * keys pass, so a key that its schema never looks at is reported too.
 */
export function problemsOf(resource: { readonly apiVersion: string; readonly kind: string; readonly spec?: object }): string[] {
  const model = MODELS.find(({ apiVersion, kind }) => apiVersion === resource.apiVersion && kind === resource.kind);
  if (model === undefined) return [`no schema for ${resource.apiVersion} ${resource.kind}`];
  const looks: Looks = new Map();
  try {
    model.prototype.validate.call(observe(resource, '', looks));
  } catch (error) {
    return [String(error)];
  }
  return unknownKeys(resource, '', looks);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

// oxlint-disable-next-line typescript/no-explicit-any -- stands for what it observes
function observe(value: object, path: string, looks: Looks): any {
  return new Proxy(value, {
    get(target, key, receiver) {
      const child: unknown = Reflect.get(target, key, receiver);
      if (typeof key === 'symbol') return child;
      const looked = looks.get(path) ?? new Set();
      looks.set(path, looked === 'all' ? looked : looked.add(key));
      return isObject(child) ? observe(child, `${path}/${key}`, looks) : child;
    },
    ownKeys(target) {
      looks.set(path, 'all');
      return Reflect.ownKeys(target);
    },
  });
}

function unknownKeys(value: unknown, path: string, looks: Looks): string[] {
  const looked = looks.get(path);
  // What no schema looks into may be anything.
  if (!isObject(value) || looked === undefined) return [];
  return Object.entries(value).flatMap(([key, child]) =>
    looked === 'all' || looked.has(key) ? unknownKeys(child, `${path}/${key}`, looks) : [`${path}/${key} is unknown`],
  );
}
