"""When a job will end, from how earlier runs of its type went: an interval, and nothing where nothing is known.

A run is remembered by its `marks`: when it passed each tenth of each stage. At each mark, over the runs that are remembered,

    log(remaining) = a + b log(elapsed) + c log(size) + what that leaves over

With b = 0 a run takes as long as others did; with b = 1 one that has been twice as slow so far stays twice as slow. Which
holds is learned at each mark, by least squares drawn towards an even mixture while there is little to learn from (ridge
regression, Hoerl and Kennard 1970). The quantiles of what is left over make the interval; the share of past runs that it held
true for corrects its width (adaptive conformal inference, Gibbs and Candes 2021). A run that stands still is compared only
with those that stood there as long (residual life).
"""
