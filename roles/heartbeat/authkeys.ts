import { blocksOf } from '../../lib/engine/frames.ts'
import type { FileState } from '../../lib/resources/file.ts'
import { embeddedProbe, ownershipChanges, parseEmbedded, writeFile } from '../../lib/resources/file.ts'
import type { Change, ClusterNodes, ClusterResource, Member, Reading } from '../../lib/resources/resource.ts'
import { present, unknown } from '../../lib/resources/resource.ts'
import type { Context } from '../role.ts'
import { daemonProbe, parseDaemon } from './daemon.ts'
import type { Keys } from './keys.ts'
import { formatKeys, isOnly, parseKeys, rotation } from './keys.ts'

interface Authkeys {
  file: Reading<FileState>
  keys: Keys
  running: boolean
  /** The running daemon has read the file as it is. */
  loaded: boolean
  /** It runs with an older ha.cf: `heartbeat -r` would restart it. */
  restartDue: boolean
}

type Named = Authkeys & { host: string }

/** heartbeat refuses to start when anybody but root can read it. */
const wanted = { mode: 0o600, owner: 'root', group: 'root' }

/** Carries the time of the authkeys file that the daemon was last told to read. */
const marker = '/var/lib/nfsha-play/authkeys-loaded'

/**
 * The key with which heartbeat signs, on both nodes. A running pair gets a new one in three reloads and goes on hearing each other: both learn it,
 * both sign with it, the old one goes. Nothing is restarted.
 */
export const authkeys = ({ vars, platform }: Context): ClusterResource<Authkeys> => {
  const path = `${platform.paths.haDir}/authkeys`
  const cf = `${platform.paths.haDir}/ha.cf`
  const key = `sha1 ${vars.heartbeat_secret}`
  return {
    scope: 'cluster',
    id: `file ${path}`,
    probe: {
      sh: `[ -d ${platform.paths.haDir} ] || exit 45; ${embeddedProbe('file', path)}
echo "@marker"; stat -c %Y ${marker} 2>/dev/null; stat -c %Y ${path} 2>/dev/null
echo "@daemon"; ${daemonProbe(platform.services.heartbeat, [path, cf])}`,
      parse({ code, stdout }) {
        if (code === 45) return unknown('package heartbeat')
        const blocks = blocksOf(stdout)
        const file = parseEmbedded(blocks.file)
        const daemon = parseDaemon(blocks.daemon ?? '')
        const [told, changed] = (blocks.marker ?? '').trim().split('\n')
        const keys = parseKeys(file.kind === 'present' ? file.state.content : '')
        const loaded = !daemon.newer.includes(path) || (told !== undefined && told === changed)
        return present({ file, keys, running: daemon.running, loaded, restartDue: daemon.newer.includes(cf) })
      },
    },
    changes(members) {
      const states = statesOf(members)
      const changes = states.flatMap(state => changesOf(state, key))
      const due = states.find(s => s.restartDue)
      if (changes.length === 0 || !due) return changes
      return {
        kind: 'skip',
        reason: `heartbeat on ${due.host} must first be restarted for its ha.cf, at the end of this run: the run after it changes the key`,
      }
    },
    async apply(nodes, _changes, members) {
      const states = statesOf(members)
      const steps = rotation(
        states.map(s => s.keys),
        key,
      )
      // Nobody listens who could refuse a packet: the last step is all there is to do.
      const needed = states.some(s => s.running) && states.some(s => s.keys.auth > 0) ? steps : steps.slice(-1)
      for (const [i, step] of needed.entries()) {
        nodes.progress({ text: `key of heartbeat: step ${i + 1} of ${needed.length}` })
        for (const [n, state] of states.entries()) await install(nodes, state, step[n] as Keys, path, platform.paths.heartbeatLibexec)
      }
    },
  }
}

const statesOf = (members: Member<Authkeys>[]): Named[] =>
  members.flatMap(m => (m.reading.kind === 'present' ? [{ host: m.host, ...m.reading.state }] : []))

const changesOf = (state: Named, key: string): Change[] => {
  const on = (change: Omit<Change, 'attribute'>, attribute: string): Change => ({ ...change, attribute: `${attribute} on ${state.host}` })
  const file = state.file.kind === 'present' ? state.file.state : undefined
  const content = isOnly(state.keys, key)
    ? []
    : [on({ from: file ? 'another key' : '', to: 'the key of the inventory', secret: true }, 'content')]
  const loaded = state.running && !state.loaded && content.length === 0 ? [on({ from: 'an older one', to: 'this one' }, 'key in use')] : []
  return [...content, ...ownershipChanges(file, wanted).map(c => on(c, c.attribute)), ...loaded]
}

/**
 * Writes the file and has the daemon read it (`heartbeat -r`). heartbeat ignores a file whose time, in seconds, is the one it knows (hb_signal.c), and
 * two steps may come within one second: the file is then dated a second later.
 */
const install = async (nodes: ClusterNodes, state: Named, keys: Keys, path: string, libexec: string): Promise<void> => {
  const { connection, $ } = nodes.on(state.host)
  await writeFile(connection, path, { ...wanted, content: formatKeys(keys) })
  await $`mkdir -p -m 700 /var/lib/nfsha-play
before=$(stat -c %Y ${marker} 2>/dev/null || echo 0); now=$(stat -c %Y ${path})
[ "$now" -gt "$before" ] || touch -d "@$((before + 1))" ${path}
[ ${state.running ? 'running' : 'stopped'} = stopped ] || ${libexec}/heartbeat -r
touch -r ${path} ${marker}`
}
