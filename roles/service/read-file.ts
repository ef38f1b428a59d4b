// Shell that reads files with built-in commands only: on an emulated machine a process costs 15 ms.

/**
 * Shell that succeeds when a line of a file matches one of these `case` patterns, without a fork; the line is then in `l`, without
 * surrounding blanks. Fails when the file cannot be read. Not for numbers below /proc/sys: the shell reads byte by byte, and the kernel
 * returns only the first byte (fs/proc/proc_sysctl.c, proc_dointvec).
 */
export const hasLine = (path: string, ...patterns: string[]): string =>
  `{ l=; while read -r l || [ -n "$l" ]; do case $l in ${patterns.join('|')}) break ;; esac; done < ${path}; [ -n "$l" ]; } 2>/dev/null`

/** Shell that defines `show`, which prints a whole file and succeeds when the file can be read. Not for numbers below /proc/sys either. */
export const showFile = `show() { [ -r "$1" ] && while IFS= read -r l || [ -n "$l" ]; do printf '%s\\n' "$l"; done < "$1"; } 2>/dev/null`
