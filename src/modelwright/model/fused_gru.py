"""A GRU on the CPU in fewer operations than torch's: the same sums, forward and backward, fused by hand.

torch's GRU records about 15 operations a step for its backward pass; here a step is one matrix product and a few
operations in place, the input's product is made for all steps at once, and so are the gradients of the weights.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable


def fuses(layer: nn.GRU, x: Tensor) -> bool:
    """Return whether the fused form stands for a layer: where gradients are wanted on the CPU in float32."""
    plain = not layer.bidirectional and layer.bias is True and layer.dropout == 0
    on_cpu = x.device.type == "cpu" and x.dtype == torch.float32 and not torch.is_autocast_enabled("cpu")
    return plain and on_cpu and torch.is_grad_enabled() and any(each.requires_grad for each in layer.parameters())


def fused(layer: nn.GRU, x: Tensor) -> Tensor:
    """Return the states `[N, T, H]` of a GRU of one direction for `[N, T, C]`."""
    steps = x.transpose(0, 1)
    for number in range(layer.num_layers):
        names = (f"{kind}_l{number}" for kind in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"))
        steps = _Fused.apply(steps.contiguous(), *(getattr(layer, name) for name in names))
    return steps.transpose(0, 1)  # pyright: ignore


class _Fused(torch.autograd.Function):
    """r, z = σ(·), n = tanh(Wᵢₙ x + r ⊙ (Wₕₙ h + b)), h' = n + z ⊙ (h - n): torch's equations; time first.

    Inside, rows are the last axis: the gates of a step are then blocks that lie together, r, z, Wₕₙ h + b and n, of
    which the first three take one product.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, w_in: Tensor, w_h: Tensor, b_in: Tensor, b_h: Tensor) -> Tensor:  # pyright: ignore
        (steps, rows, width), size = x.shape, w_h.shape[1]
        w_four = torch.cat([w_in[: 2 * size], w_in.new_zeros(size, width), w_in[2 * size :]])
        outer = torch.cat([b_in[: 2 * size] + b_h[: 2 * size], b_h[2 * size :], b_in[2 * size :]])
        gates = torch.baddbmm(outer.view(1, -1, 1), w_four.expand(steps, 4 * size, width), x.transpose(1, 2))
        states = x.new_zeros(steps + 1, size, rows)
        three, both = gates[:, : 3 * size].unbind(0), gates[:, : 2 * size].unbind(0)
        reset, update, inner, new = (one.unbind(0) for one in gates.view(steps, 4, size, rows).unbind(1))
        every = states.unbind(0)
        for t in range(steps):
            three[t].addmm_(w_h, every[t])
            both[t].sigmoid_()
            new[t].addcmul_(reset[t], inner[t]).tanh_()
            torch.lerp(new[t], every[t], update[t], out=every[t + 1])
        ctx.save_for_backward(x, w_four, w_h, gates, states)
        return states[1:].transpose(1, 2)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:  # pyright: ignore
        x, w_four, w_h, gates, states = ctx.saved_tensors
        (steps, rows, width), size = x.shape, w_h.shape[1]
        slopes = _Fused.slopes(gates.view(steps, 4, size, rows), states)
        grads, asked = grad.transpose(1, 2), grad.abs().amax((1, 2)).tolist()  # often only the last state is used
        four, three, turned = slopes.unbind(0), slopes[:, :3].flatten(1, 2).unbind(0), w_h.t().contiguous()
        keep = gates[:, size : 2 * size].unbind(0)
        change, spare = x.new_empty(2, size, rows).unbind(0)
        change.copy_(grads[-1])
        for t in range(steps - 1, -1, -1):
            four[t].mul_(change)
            if t:
                change, spare = torch.mul(change, keep[t], out=spare), change
                change.addmm_(turned, three[t])
                if asked[t - 1]:
                    change.add_(grads[t - 1])
        slopes = slopes.view(steps, 4 * size, rows)
        grad_h = torch.zeros_like(w_h).addbmm_(slopes[:, : 3 * size], states[:-1].transpose(1, 2))
        beside = torch.cat([x, x.new_ones(steps, rows, 1)], 2).transpose(1, 2)  # ones: what the biases get
        found = x.new_zeros(width + 1, 4 * size).addbmm_(beside, slopes.transpose(1, 2)).t()
        inputs = torch.cat([found[: 2 * size], found[3 * size :]])
        grad_x = torch.matmul(w_four.t(), slopes).transpose(1, 2) if ctx.needs_input_grad[0] else None
        return grad_x, inputs[:, :-1], grad_h, inputs[:, -1], found[: 3 * size, -1]

    @staticmethod
    def slopes(gates: Tensor, states: Tensor) -> Tensor:
        """Return the slopes `[T, 4, H, N]` of the state by the sums before r, z and the two parts of n, all at once."""
        sigmoid, tanh = torch.ops.aten.sigmoid_backward.grad_input, torch.ops.aten.tanh_backward.grad_input
        slopes = torch.empty_like(gates)
        (reset, update, inner, new), (of_reset, of_update, of_inner, of_new) = gates.unbind(1), slopes.unbind(1)
        rest = 1 - update
        tanh(rest, new, grad_input=of_new)
        torch.mul(of_new, reset, out=of_inner)
        sigmoid(torch.mul(of_new, inner, out=rest), reset, grad_input=of_reset)
        sigmoid(torch.sub(states[:-1], new, out=rest), update, grad_input=of_update)
        return slopes
