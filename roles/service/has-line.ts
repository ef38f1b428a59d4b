/**
 * Shell that succeeds where a file has a line that matches one of these patterns of `case`, without a fork; the line is then in `l`, without the blanks
 * around it. Fails where the file cannot be read. Not for numbers below /proc/sys: the shell reads byte by byte, and the kernel gives no more than the
 * first (fs/proc/proc_sysctl.c, proc_dointvec).
 */
export const hasLine = (path: string, ...patterns: string[]): string =>
  `{ l=; while read -r l || [ -n "$l" ]; do case $l in ${patterns.join('|')}) break ;; esac; done < ${path}; [ -n "$l" ]; } 2>/dev/null`
