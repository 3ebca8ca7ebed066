import { Kind, type FieldNode, type GraphQLResolveInfo, type SelectionSetNode } from 'graphql';

const known = new WeakMap<FieldNode, ReadonlySet<string>>();

/**
 * The names of all fields that are asked for anywhere below a field, fragments included. It may say more than is needed (a field
 * that is skipped by a directive), never less; compiled queries keep their nodes, so each is walked once.
 */
export function selectedNames(
  info: Pick<GraphQLResolveInfo, 'fieldNodes' | 'fragments'>,
): ReadonlySet<string> {
  const [node] = info.fieldNodes;
  const cached = node && known.get(node);
  if (cached) return cached;
  const names = new Set<string>();
  const walk = (set: SelectionSetNode | undefined, fragments: ReadonlySet<string>): void => {
    for (const selection of set?.selections ?? []) {
      if (selection.kind === Kind.FIELD) {
        names.add(selection.name.value);
        walk(selection.selectionSet, fragments);
      } else if (selection.kind === Kind.INLINE_FRAGMENT) {
        walk(selection.selectionSet, fragments);
      } else if (!fragments.has(selection.name.value)) {
        const fragment = info.fragments[selection.name.value];
        walk(fragment?.selectionSet, new Set([...fragments, selection.name.value]));
      }
    }
  };
  for (const fieldNode of info.fieldNodes) walk(fieldNode.selectionSet, new Set());
  if (node) known.set(node, names);
  return names;
}
