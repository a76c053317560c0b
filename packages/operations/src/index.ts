export { type CallbackFilter, cleanId, FILTER_STATES, fitsResting, historyFilterOf, restFilterOf } from './filter.ts';
export type { Places, ShardPlace } from './places.ts';
export { follow, type FollowOptions } from './search/follow.ts';
export type { Found } from './search/found.ts';
export { count, keptPlaceOf, search, type SearchOptions, type SearchPage, type SearchResult } from './search/search.ts';
export { trace, type TraceOptions, type TraceResult } from './trace/trace.ts';
export type { Traced, TracedCallback, TracedDelivery } from './trace/traced.ts';
