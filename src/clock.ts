/** The ms since some moment, which no change of the clock turns back. (`performance.now()` takes longer to load than it is worth.) */
export const elapsed = (): number => Number(process.hrtime.bigint()) / 1e6
