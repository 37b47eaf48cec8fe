//! AdamW (Loshchilov and Hutter 2019, "Decoupled weight decay regularization")
//! with its moments in plain tensors, so that a stopped training can resume
//! with equal weights; gradient clipping by global norm; and an exponential
//! moving average of the weights (Polyak and Juditsky 1992), which is what is
//! evaluated and kept.

use tch::Tensor;

use crate::encoder::Weights;
use crate::error::Result;

const BETA1: f64 = 0.9;
const BETA2: f64 = 0.98;
const EPSILON: f64 = 1e-6;

struct Slot {
    name: String,
    value: Tensor,
    first: Tensor,
    second: Tensor,
    average: Tensor,
    decay: f64,
    rate: f64,
}

/// The optimiser over a set of named variables.
pub struct AdamW {
    slots: Vec<Slot>,
    steps: u64,
    /// Share of the old average that each step keeps.
    average_decay: f64,
}

impl AdamW {
    /// `variables` with a factor on the learning rate each. Weight matrices decay; biases and norms do not.
    pub fn new(variables: Vec<(String, Tensor, f64)>, decay: f64, average_decay: f64) -> Self {
        let slots = variables
            .into_iter()
            .map(|(name, value, rate)| {
                let plain = value.dim() < 2 || name.starts_with("marks.");
                Slot {
                    first: value.zeros_like(),
                    second: value.zeros_like(),
                    average: value.detach().copy(),
                    decay: if plain { 0.0 } else { decay },
                    rate,
                    name,
                    value,
                }
            })
            .collect();
        AdamW {
            slots,
            steps: 0,
            average_decay,
        }
    }

    /// One update with the gradients that `backward` left, clipped to `max_norm`. Gives the norm before clipping.
    pub fn step(&mut self, learning_rate: f64, max_norm: f64) -> Result<f64> {
        let _guard = tch::no_grad_guard();
        self.steps += 1;
        let squares: f64 = self
            .slots
            .iter()
            .map(|s| s.value.grad())
            .filter(|g| g.defined())
            .map(|g| g.norm().double_value(&[]).powi(2))
            .sum();
        let norm = squares.sqrt();
        let clip = if norm > max_norm {
            max_norm / norm
        } else {
            1.0
        };
        let correction1 = 1.0 - BETA1.powi(self.steps.min(100_000) as i32);
        let correction2 = 1.0 - BETA2.powi(self.steps.min(100_000) as i32);
        // Early on the average follows quickly, so that it never remembers the start.
        let keep = self
            .average_decay
            .min((1.0 + self.steps as f64) / (10.0 + self.steps as f64));
        for s in &mut self.slots {
            let grad = s.value.grad();
            if grad.defined() {
                // The gradient is overwritten: every pass over memory saved is time saved.
                let mut grad = grad;
                if clip < 1.0 {
                    let _ = grad.f_mul_scalar_(clip)?;
                }
                let _ = s.first.f_lerp_(&grad, 1.0 - BETA1)?;
                let _ = grad.f_mul_scalar_((1.0 - BETA2).sqrt())?;
                let _ = s.second.f_mul_scalar_(BETA2)?;
                let _ = s.second.f_addcmul_(&grad, &grad)?;
                let rate = learning_rate * s.rate;
                if s.decay > 0.0 {
                    let _ = s.value.f_mul_scalar_(1.0 - rate * s.decay)?;
                }
                // (first / correction1) / (sqrt(second / correction2) + EPSILON), with the
                // corrections and the rate moved into the denominator.
                let corrected = correction2.sqrt();
                let mut denominator = s.second.f_sqrt()?;
                let _ = denominator.f_add_scalar_(EPSILON * corrected)?;
                let _ = denominator.f_mul_scalar_(-correction1 / (rate * corrected))?;
                let _ = s.value.f_addcdiv_(&s.first, &denominator)?;
                s.value.zero_grad();
            }
            let _ = s.average.f_lerp_(&s.value, 1.0 - keep)?;
        }
        Ok(norm)
    }

    /// Exchanges the weights with their average; call twice to undo.
    pub fn swap_average(&mut self) -> Result<()> {
        let _guard = tch::no_grad_guard();
        for s in &mut self.slots {
            let held = s.value.detach().copy();
            s.value.f_copy_(&s.average)?;
            s.average.f_copy_(&held)?;
        }
        Ok(())
    }

    /// The variables under their names, as they are now.
    pub fn weights(&self) -> Weights {
        let mut out = Weights::default();
        for s in &self.slots {
            out.insert(s.name.clone(), s.value.detach().copy());
        }
        out
    }

    /// Everything needed to go on later.
    pub fn state(&self) -> Weights {
        let mut out = Weights::default();
        for s in &self.slots {
            out.insert(format!("value/{}", s.name), s.value.detach());
            out.insert(format!("first/{}", s.name), s.first.shallow_clone());
            out.insert(format!("second/{}", s.name), s.second.shallow_clone());
            out.insert(format!("average/{}", s.name), s.average.shallow_clone());
        }
        out
    }

    /// Goes on from [`AdamW::state`] after `steps` steps.
    pub fn restore(&mut self, state: &Weights, steps: u64) -> Result<()> {
        let _guard = tch::no_grad_guard();
        self.steps = steps;
        for s in &mut self.slots {
            let shape = s.value.size();
            let get = |part: &str| state.get(&format!("{part}/{}", s.name), &shape);
            let (value, first, second, average) = (
                get("value")?,
                get("first")?,
                get("second")?,
                get("average")?,
            );
            s.value.f_copy_(&value)?;
            s.first.f_copy_(&first)?;
            s.second.f_copy_(&second)?;
            s.average.f_copy_(&average)?;
        }
        Ok(())
    }
}

/// Linear warm-up over the first `warmup` share of the steps, then linear decay to zero.
pub fn schedule(step: u64, total: u64, warmup: f64) -> f64 {
    let (step, total) = (step as f64, total.max(1) as f64);
    let up = (total * warmup).max(1.0);
    if step < up {
        (step + 1.0) / up
    } else {
        ((total - step) / (total - up).max(1.0)).clamp(0.0, 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tch::{Device, Kind};

    #[test]
    fn it_finds_the_minimum_of_a_parabola_and_resumes_exactly() {
        let run = |stop_at: Option<u64>| {
            let x = Tensor::from_slice(&[3.0f32, -2.0])
                .view([1, 2])
                .set_requires_grad(true);
            let make =
                |x: &Tensor| AdamW::new(vec![("x".into(), x.shallow_clone(), 1.0)], 0.0, 0.9);
            let mut adam = make(&x);
            for step in 0..400u64 {
                if stop_at == Some(step) {
                    let state = adam.state();
                    adam = make(&x);
                    adam.restore(&state, step).unwrap();
                }
                let loss = (&x * &x).sum(Kind::Float);
                loss.backward();
                adam.step(0.05 * schedule(step, 400, 0.1), 10.0).unwrap();
            }
            Vec::<f32>::try_from(x.view(-1)).unwrap()
        };
        let straight = run(None);
        assert!(straight.iter().all(|v| v.abs() < 0.05), "{straight:?}");
        assert_eq!(straight, run(Some(123)));
        let _ = Device::Cpu;
    }

    #[test]
    fn the_schedule_rises_and_falls() {
        assert!(schedule(0, 100, 0.1) < schedule(9, 100, 0.1));
        assert_eq!(schedule(9, 100, 0.1), 1.0);
        assert!(schedule(99, 100, 0.1) < 0.02);
    }
}
