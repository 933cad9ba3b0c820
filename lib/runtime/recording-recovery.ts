import { LEFT_AFTER_MS, recoverRecordings } from '../media/recording-leftovers.ts';

/** Folders that were searched in this process. Kept across deploys: nothing is left behind while the process lives. */
const searched = new Set<string>();

/**
 * Completes what a crash left in a recording folder, once per process and folder; and once more a few minutes later if something was found that
 * another process might still be writing.
 *
 * @param tell is told the files that were completed
 */
export function recoverLeftRecordings(root: string, tell: (files: string[]) => void): void {
  if (searched.has(root)) return;
  searched.add(root);
  const search = async (): Promise<number> => {
    const { recovered, young } = await recoverRecordings(root);
    if (recovered.length > 0) tell(recovered);
    return young;
  };
  search()
    .then((young) => {
      if (young > 0) setTimeout(() => void search().catch(() => undefined), LEFT_AFTER_MS).unref();
    })
    // A folder that cannot be read is reported by the recording that wants to write there.
    .catch(() => undefined);
}
