"""The tables: every operation's forward rule with its derivative beside it. Nothing else states one.

=====================  ==================================================================
:mod:`.elementwise`    arithmetic, functions, activations: on numbers, arrays and symbols
:mod:`.arrays`         products, reductions, shapes, softmax, normalisation
:mod:`.losses`         losses fused with their output activation, and penalties on weights
=====================  ==================================================================

Conventions at the corners: relu'(0) = abs'(0) = 0; at a tie, maximum and max share the gradient
equally; overflow gives inf and what is undefined gives NaN, on numbers as on arrays; 0 wins over
infinity in the derivative of a power, so that x ** 0, 0 ** x and 0 ** 0 keep finite gradients, and in
masks, so that nothing passes through a relu that is off, not even an infinite gradient.
"""
