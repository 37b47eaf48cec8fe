//! What a training starts from: an encoder, with the weights of `--init` laid over it.

use super::TrainArgs;
use crate::encoder::{Architecture, Tokenizer, Weights};
use crate::error::{Error, Result};
use crate::model::{self, Base, Model, Opened};
use crate::train::network::{HeadSpec, Network};
use crate::train::trainer::Options;

/// An encoder and the weights to start from.
pub struct Start {
    pub base: Base,
    pub tokenizer: Tokenizer,
    architecture: Architecture,
    /// The encoder's as it is installed.
    untouched: Weights,
    /// The same with what `--init` has laid over it; of several models the mean (Wortsman et al. 2022, "Model soups").
    weights: Weights,
    /// Of the adapters to train; 0 trains the encoder as a whole.
    rank: i64,
}

impl Start {
    /// Reads what `--init`, `--encoder` and `--adapter-rank` name. `open` and `base` take the part in
    /// question of a model.
    pub fn find(
        args: &TrainArgs,
        open: impl Fn(&Model) -> Result<Opened>,
        base: impl Fn(&Model) -> Result<Base>,
    ) -> Result<Self> {
        let models = args
            .init
            .iter()
            .map(|name| Model::find(name))
            .collect::<Result<Vec<_>>>()?;
        let bases = models.iter().map(base).collect::<Result<Vec<_>>>()?;
        let base = match (&args.encoder, bases.first()) {
            (Some(name), _) => Base::installed(name)?,
            (None, Some(first)) => first.clone(),
            (None, None) => Base::installed(crate::encoder::ENCODER)?,
        };
        for (name, found) in args.init.iter().zip(&bases) {
            if *found != base {
                return Err(Error::Usage(format!(
                    "--init {name}: it was trained on the encoder {}, this is about {}; name models on one encoder",
                    found.name, base.name
                )));
            }
        }
        let Opened {
            tokenizer,
            architecture,
            weights: untouched,
        } = model::open_encoder(&base)?;
        if args.max_tokens > architecture.max_tokens() {
            return Err(Error::Usage(format!(
                "--max-tokens {}: {} reads at most {}",
                args.max_tokens,
                base.name,
                architecture.max_tokens()
            )));
        }
        let all = models
            .iter()
            .map(|m| Ok(open(m)?.weights))
            .collect::<Result<Vec<_>>>()?;
        let weights = match all.len() {
            0 => untouched.to_device(tch::Device::Cpu),
            _ => Weights::mean(&all)?,
        };
        let found = weights.adapter_rank();
        let rank = args.adapter_rank.unwrap_or(found);
        if rank < 0 || (found > 0 && rank > 0 && rank != found) {
            return Err(Error::Usage(format!(
                "--adapter-rank {rank}: --init has adapters of rank {found}; leave the option out, or give 0 to train all weights"
            )));
        }
        Ok(Start {
            base,
            tokenizer,
            architecture,
            untouched,
            weights,
            rank,
        })
    }

    /// Factor on the learning rate for heads and marks. Adapters learn at a higher rate than whole
    /// matrices, and marks at ten times that shift every token until the encoder is of no use.
    pub fn head_rate(&self) -> f64 {
        if self.rank > 0 {
            2.0
        } else {
            Options::default().head_rate
        }
    }

    /// A network with these weights, and fresh heads where they have none.
    pub fn network(&self, args: &TrainArgs, heads: &[HeadSpec], tags: i64) -> Result<Network> {
        tch::manual_seed(args.seed as i64);
        let device = tch::Device::Cpu;
        let mut weights = self.weights.to_device(device);
        let mut network = if self.rank > 0 {
            Network::adapted(&self.architecture, &weights, self.rank, heads, tags, device)?
        } else {
            weights.merge_adapters()?;
            Network::whole(&model::encoder_dir(&self.base.name)?, heads, tags, device)?
        };
        network.load(&weights)?;
        Ok(network)
    }

    /// Writes what is not as in the encoder. Gives the file's name and SHA-256.
    pub fn write(
        &self,
        args: &TrainArgs,
        network: &Network,
        name: &str,
    ) -> Result<(String, String)> {
        let mut all = if self.rank > 0 {
            self.weights.to_device(tch::Device::Cpu)
        } else {
            Weights::default()
        };
        for (name, value) in network.body.vs().variables() {
            all.insert(name, value.detach().to_device(tch::Device::Cpu));
        }
        let mut own = Weights::default();
        for (name, value) in all.iter() {
            let same = self
                .untouched
                .get(name, &value.size())
                .is_ok_and(|b| b.equal(value));
            if !same {
                own.insert(name, value.shallow_clone());
            }
        }
        let sha256 = own.save(&args.out.join(name), args.storage())?;
        Ok((name.to_string(), sha256))
    }
}
