import type { Vars } from '../../vars.ts'

/**
 * Where the resource script mounts what it keeps of the clients: on the replicated device, so that the other node knows whom to let reclaim, and
 * outside the share, where they cannot reach it.
 */
export const stateDirectory = '/run/nfsha/state'

/**
 * Where exportfs and rpc.mountd keep the list of exports: in memory (the resource script mounts it), for on a full disk exportfs leaves an empty list and
 * ends with success, and the next takeover would turn every client away.
 */
export const exportDirectory = '/run/nfsha/nfs'

/** Shell that prints the list of exports, where nfs.conf of this host has it. Built-in commands alone: it is read often. */
export const exportTable = `e=/var/lib/nfs/etab; { [ ! -e ${exportDirectory}/etab ] || while IFS= read -r l || [ -n "$l" ]; do [ "$l" != state-directory-path=${exportDirectory} ] || e=${exportDirectory}/etab; done < /etc/nfs.conf.d/nfsha.conf; } 2>/dev/null
[ ! -r $e ] || while IFS= read -r l || [ -n "$l" ]; do printf '%s\\n' "$l"; done < $e`

/** What `nfs_export_options` is when it is not set, and the options that each stack adds to it. */
const stacks: Record<Vars['ha_stack'], { defaults: string; added(vars: Vars): string[] }> = {
  lean: { defaults: 'rw,sync,root_squash,no_subtree_check', added: vars => [`fsid=${vars.nfs_fsid}`] },
  article: { defaults: 'rw,sync,no_root_squash,no_subtree_check', added: () => [] },
}

/** exports(5). The fsid is explicit and the same on both nodes: clients keep it in their file handles. The article has none (V.2). */
export const exportOptions = (vars: Vars): string[] => {
  const { defaults, added } = stacks[vars.ha_stack]
  return [...(vars.nfs_export_options ?? defaults).split(','), ...added(vars)]
}

/** exports(5): by default, and whatever the order, as exportfs takes the last. */
export const squashesRoot = (vars: Vars): boolean =>
  exportOptions(vars).findLast(o => /^(no_)?root_squash$/.test(o)) !== 'no_root_squash' || exportOptions(vars).includes('all_squash')

export const exportLine = (vars: Vars): string => `${vars.nfs_export_path} ${vars.nfs_export_network}(${exportOptions(vars).join(',')})`
