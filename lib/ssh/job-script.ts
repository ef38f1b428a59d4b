import { quote } from './quote.ts'

/** Directory of the jobs on a host: one subdirectory each, with script, output, pid with start time, exit code. */
export const jobsDirectory = '/var/lib/nfsha-play/jobs'

export interface JobPlace {
  directory: string
  id: string
  /** Random, one for each `runJob`: distinguishes its own finished job, found after a lost connection, from an earlier one with that id. */
  owner: string
}

/** `alive`: the recorded process runs, and the pid was not reused (start time, field 22 of proc(5) stat). */
const alive = `alive() {
  [ -s "$d/pid" ] || return 1
  read -r p s <"$d/pid"; l=
  { read -r l <"/proc/$p/stat"; } 2>/dev/null || return 1
  l=\${l##*) }; set -- $l
  [ "$1" != Z ] && [ "\${20}" = "$s" ]
}`

/** Runs the job's script in its own session. The exit code file appears atomically (rename). One line, because it is an argument. */
const wrapper = [
  'd=$1',
  `read -r l </proc/$$/stat; l=\${l##*) }; set -- $l`,
  `echo "$$ \${20}" >"$d/pid.new" && mv "$d/pid.new" "$d/pid"`,
  'sh "$d/script"; c=$?',
  'rm -f "$d/script"; echo "$c" >"$d/exit.new" && mv "$d/exit.new" "$d/exit"',
].join('; ')

/**
 * Starts the job or finds it: a running job is adopted; one that succeeded unseen with the same script is reused; any other remains of the
 * id are removed. Reports which on stderr, then follows the output. The job's script is embedded, so it never arrives truncated.
 * @param digest of the script
 */
export const beginScript = (place: JobPlace, script: string, digest: string): string => `${heading(place)}
if alive; then how=adopted
elif [ -s "$d/exit" ] && { [ "$(cat "$d/owner")" = ${quote(place.owner)} ] || [ "$(cat "$d/exit" "$d/digest")" = ${quote(`0\n${digest}`)} ]; }; then how=finished
elif [ "$(cat "$d/owner" 2>/dev/null)" = ${quote(place.owner)} ] && [ -s "$d/pid" ]; then how=adopted
else
  how=started; rm -rf "$d"
  ( umask 077; mkdir -p "$d" && echo ${quote(digest)} >"$d/digest" && : >"$d/output" && printf '%s\\n' ${quote(script)} >"$d/script" ) || exit 1
  setsid sh -c ${quote(wrapper)} nfsha-play-job "$d" </dev/null >>"$d/output" 2>&1 &
  until [ -s "$d/pid" ]; do kill -0 $! 2>/dev/null || [ -s "$d/pid" ] || { echo "the job did not start" >&2; exit 1; }; sleep 0.05; done
fi
echo ${quote(place.owner)} >"$d/owner"
echo "job $how" >&2
${follow}`

const heading = ({ directory, id }: JobPlace): string => `d=${quote(`${directory}/${id}`)}; o=0\n${alive}`

/** Prints the output from byte $o as it grows until the job ends, then reports the end on stderr. */
const follow = `i=0
while :; do
  end=
  if [ -s "$d/exit" ]; then end='exit'; elif ! alive; then end=lost; [ -s "$d/exit" ] && end='exit'; fi
  n=$(wc -c <"$d/output") || exit 1
  if [ "$n" -gt "$o" ]; then
    tail -c +$((o+1)) "$d/output" | head -c $((n-o)) || exit 1
    o=$n; i=0
  fi
  [ -n "$end" ] && break
  if [ $i -lt 20 ]; then i=$((i+1)); sleep 0.05; else sleep 0.5; fi
done
[ $end = exit ] && echo "job exit $(cat "$d/exit")" >&2 || echo "job lost" >&2`

/** Like `beginScript`, for a job that this run has started: continues at a byte offset of its output. */
export const resumeScript = (place: JobPlace, offset: number): string =>
  `${heading(place)}\no=${offset}\n[ -d "$d" ] || { echo "job lost" >&2; exit; }\necho "job adopted" >&2\n${follow}`

/** Kills the job's process group: SIGTERM, after 5 s SIGKILL. */
export const endScript = (place: JobPlace): string => `${heading(place)}
alive || exit 0
kill -TERM -$p 2>/dev/null; i=0
while kill -0 -$p 2>/dev/null && [ $i -lt 50 ]; do sleep 0.1; i=$((i+1)); done
kill -KILL -$p 2>/dev/null
rm -f "$d/script"`

export const removeScript = ({ directory, id }: JobPlace): string => `rm -rf ${quote(`${directory}/${id}`)}`

/** What the scripts above reported on stderr. */
export interface JobReport {
  how: 'started' | 'adopted' | 'finished' | undefined
  /** `lost`: the job disappeared without an exit code. Undefined: the follower itself was interrupted. */
  end: number | 'lost' | undefined
}

export const parseReport = (stderr: string): JobReport => {
  const how = /^job (started|adopted|finished)$/m.exec(stderr)?.[1] as JobReport['how']
  const code = /^job exit (\d+)$/m.exec(stderr)?.[1]
  return { how, end: code !== undefined ? Number(code) : /^job lost$/m.test(stderr) ? 'lost' : undefined }
}
