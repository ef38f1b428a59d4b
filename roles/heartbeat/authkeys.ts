import type { ClusterResource, FileState, Reading, Verdict } from '../../lib/role-api/index.ts'
import {
  allOf,
  blocksOf,
  differsBy,
  embedded,
  failedScript,
  file,
  parseEmbedded,
  present,
  probeOf,
  refused,
  reworded,
  simple,
  skip,
  statesOf,
  unknown,
  writeFile,
} from '../../lib/role-api/index.ts'
import type { Context } from '../role.ts'
import { daemonPid, daemonPieces, parseDaemon } from '../service/state/daemon.ts'
import { heartbeatFiles } from './stacks.ts'

interface Authkeys {
  file: Reading<FileState>
  running: boolean
  /** The running daemon has read the current file. */
  loaded: boolean
  /** It runs with an older ha.cf: a signal to re-read authkeys would restart it. */
  restartDue: boolean
}

type Named = Authkeys & { host: string }

/** heartbeat does not start if anyone but root can read the file. */
const attributes = { mode: 0o600, owner: 'root', group: 'root' }

/** Its mtime is that of the authkeys file that the daemon was last signalled to read. */
const marker = '/var/lib/nfsha-play/authkeys-loaded'

/**
 * The key with which heartbeat signs, on both nodes. On a running pair, both nodes switch to a new key at the same time, without a restart.
 * authkeys(5) allows several keys, but heartbeat 3.0.6 checks every packet with the key that it signs with itself, whatever key number the
 * packet names (hb_compute_authentication in heartbeat.c): while the nodes' keys differ they do not hear each other, so that time has to be
 * short.
 */
export const authkeys = ({ vars, platform }: Context): ClusterResource<Authkeys> => {
  const path = `${platform.paths.haDir}/authkeys`
  const cf = `${platform.paths.haDir}/ha.cf`
  const content = heartbeatFiles[vars.ha_stack].authkeys(vars)
  const wanted = file(path, { content, mode: attributes.mode, secret: true })
  const compareOn = (state: Named): Verdict => {
    if (state.file.kind !== 'present' && state.file.kind !== 'absent') return refused(`${path} on ${state.host} cannot be read`)
    const onDisk = wanted.compare(state.file, () => undefined)
    const isUnread = onDisk.kind === 'in-sync' && state.running && !state.loaded
    const verdict = isUnread ? differsBy([{ attribute: 'key in use', from: 'an older one', to: 'this one' }]) : onDisk
    return reworded(verdict, c => ({ ...c, attribute: `${c.attribute} on ${state.host}` }))
  }
  return {
    scope: 'cluster',
    id: `file ${path}`,
    // Undo records of earlier versions do not contain this file.
    undo: [{ what: path, from: 'there', to: 'removed', isDue: `[ -e ${path} ]`, sh: `rm -f ${path}` }],
    probe: probeOf(
      [
        ...['@directory\n', simple(`[ -d ${platform.paths.haDir} ] || echo missing`), ...embedded('file', path)],
        ...['@marker\n', simple(`stat -c %Y ${marker} ${path} 2>/dev/null`), '@daemon\n', ...daemonPieces(platform)],
      ],
      ({ stdout }) => {
        const blocks = blocksOf(stdout)
        if (blocks.directory?.trim() === 'missing') return unknown('package heartbeat')
        const daemon = parseDaemon(blocks.daemon ?? '')
        const [told, changed] = (blocks.marker ?? '').trim().split('\n')
        const loaded = !daemon.newer.includes(path) || (told !== undefined && told === changed)
        return present({ file: parseEmbedded(blocks.file), running: daemon.running, loaded, restartDue: daemon.newer.includes(cf) })
      },
    ),
    compare(members) {
      const states = statesOf(members)
      const verdict = allOf(states.map(compareOn))
      const due = states.find(s => s.restartDue)
      if (verdict.kind !== 'differs' || !due) return verdict
      return skip(`heartbeat on ${due.host} runs with an older ha.cf; this run restarts it, and the next run changes the key`)
    },
    async apply(nodes, _changes, members) {
      const differing = statesOf(members).filter(s => compareOn(s).kind !== 'in-sync')
      for (const { host } of differing)
        await writeFile(nodes.on(host).connection, `${path}.next`, { ...attributes, content, becomes: path })
      const results = await Promise.all(differing.map(({ host }) => nodes.on(host).connection.run(switchScript(path), { timeout: 60_000 })))
      for (const [i, result] of results.entries())
        if (result.code !== 0)
          throw failedScript(
            `the new key of heartbeat on ${differing[i]?.host}`,
            result,
            'run again at once: the nodes may not hear each other',
          )
    },
  }
}

/** As few forks as possible before the signal, because both nodes must switch at the same time. `heartbeat -r` sends the same SIGHUP. */
const switchScript = (path: string): string => `set -eu
${daemonPid}
mkdir -p -m 700 /var/lib/nfsha-play
mv ${path}.next ${path}; [ -z "$p" ] || kill -HUP "$p"
touch -r ${path} ${marker}`
