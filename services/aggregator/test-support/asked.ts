import { type AskedQuery, QUERIES, type QueryName, type QueryParameters } from '@benchwire/shared/contracts/query.ts';

/** A question as the service sees it: with its defaults. */
export function asked<N extends QueryName>(name: N, parameters: QueryParameters<N>): AskedQuery<N> {
  return QUERIES[name].parameters.parse(parameters) as AskedQuery<N>;
}
