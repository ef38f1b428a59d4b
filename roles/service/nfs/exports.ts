import type { Vars } from '../../vars.ts'

/**
 * Mount point of the client state: on the replicated device, so that the other node knows which clients may reclaim, and outside the share,
 * where clients cannot reach it.
 */
export const stateDirectory = '/run/nfsha/state'

/**
 * Directory of the export table of exportfs and rpc.mountd. It is in memory (the resource script mounts it), because on a full disk
 * exportfs leaves an empty table and exits 0, and the next takeover would reject every client.
 */
export const exportDirectory = '/run/nfsha/nfs'

/**
 * Shell that prints the export table, from the directory that this host's nfs.conf names. Uses only built-in commands, because it runs
 * often.
 */
export const exportTable = `e=/var/lib/nfs/etab; { [ ! -e ${exportDirectory}/etab ] || while IFS= read -r l || [ -n "$l" ]; do [ "$l" != state-directory-path=${exportDirectory} ] || e=${exportDirectory}/etab; done < /etc/nfs.conf.d/nfsha.conf; } 2>/dev/null
[ ! -r $e ] || while IFS= read -r l || [ -n "$l" ]; do printf '%s\\n' "$l"; done < $e`

/** The default of `nfs_export_options`, and the options that each stack adds. */
const stacks: Record<Vars['ha_stack'], { defaults: string; added(vars: Vars): string[] }> = {
  lean: { defaults: 'rw,sync,root_squash,no_subtree_check', added: vars => [`fsid=${vars.nfs_fsid}`] },
  article: { defaults: 'rw,sync,no_root_squash,no_subtree_check', added: () => [] },
}

/**
 * exports(5). The fsid is explicit and the same on both nodes: clients keep it in their file handles. The reference setup has none
 * (article, V.2).
 */
export const exportOptions = (vars: Vars): string[] => {
  const { defaults, added } = stacks[vars.ha_stack]
  return [...(vars.nfs_export_options ?? defaults).split(','), ...added(vars)]
}

/** exports(5): root is squashed by default. exportfs uses the last of contradictory options. */
export const squashesRoot = (vars: Vars): boolean =>
  exportOptions(vars).findLast(o => /^(no_)?root_squash$/.test(o)) !== 'no_root_squash' || exportOptions(vars).includes('all_squash')

export const exportLine = (vars: Vars): string => `${vars.nfs_export_path} ${vars.nfs_export_network}(${exportOptions(vars).join(',')})`
