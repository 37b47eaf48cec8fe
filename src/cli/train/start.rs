//! What a training starts from: an encoder, with the weights of `--init` laid over it.

use super::TrainArgs;
use crate::encoder::trainable::trained_whole;
use crate::encoder::{Architecture, Tokenizer, Weights};
use crate::error::{Error, Result};
use crate::model::{self, Base, Model, Opened, Source};
use crate::train::network::{HeadSpec, Network};
use crate::train::trainer::Options;

/// An encoder and the weights to start from.
pub struct Start {
    pub base: Base,
    pub tokenizer: Tokenizer,
    /// SHA-256 of the encoder's weights and of those of every model of `--init`.
    pub hashes: Vec<String>,
    /// Of the adapters to train; 0 trains the encoder as a whole.
    pub rank: i64,
    architecture: Architecture,
    /// The encoder's as it is installed.
    untouched: Weights,
    /// What `--init` has laid over it; of several models the mean (Wortsman et al. 2022, "Model soups").
    own: Weights,
}

impl Start {
    /// Reads what `--init`, `--encoder` and `--adapter-rank` name. `part` takes the part in question of a model.
    pub fn find(args: &TrainArgs, part: impl Fn(&Model) -> Result<Source>) -> Result<Self> {
        let sources = args
            .init
            .iter()
            .map(|name| part(&Model::find(name)?))
            .collect::<Result<Vec<_>>>()?;
        let base = match (&args.encoder, sources.first()) {
            (Some(name), _) => Base::installed(name)?,
            (None, Some(first)) => first.base.clone(),
            (None, None) => Base::installed(crate::encoder::ENCODER)?,
        };
        for (name, source) in args.init.iter().zip(&sources) {
            if source.base != base {
                return Err(Error::Usage(format!(
                    "--init {name}: it was trained on the encoder {} ({}), this is about {} ({}); name models on one encoder, as scripts/setup installs it",
                    source.base.name,
                    &source.base.sha256[..8.min(source.base.sha256.len())],
                    base.name,
                    &base.sha256[..8.min(base.sha256.len())],
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
        let mut own = own(&args.init, &sources, &untouched)?;
        let found = own.adapter_rank();
        let rank = args.adapter_rank.unwrap_or(found);
        if found > 0 && rank > found {
            return Err(Error::Usage(format!(
                "--adapter-rank {rank}: --init has adapters of rank {found}; leave the option out, give less, or 0 to train all weights"
            )));
        }
        if 0 < rank && rank < found {
            own.cut_adapters(rank)?;
        }
        if rank == 0 && !trained_whole(&architecture) {
            return Err(Error::Usage(format!(
                "{} is not trained as a whole, only BERT encoders are; train adapters with --adapter-rank, 16 for instance",
                base.name
            )));
        }
        let mut hashes = vec![base.sha256.clone()];
        hashes.extend(sources.into_iter().map(|s| s.sha256));
        Ok(Start {
            base,
            tokenizer,
            hashes,
            rank,
            architecture,
            untouched,
            own,
        })
    }

    /// The peak learning rate if none is given.
    pub fn learning_rate(&self) -> f64 {
        if self.rank > 0 {
            4e-4
        } else {
            Options::default().learning_rate
        }
    }

    /// Factors on the learning rate for heads and for marks. Adapters learn at a higher rate than whole
    /// matrices; marks at that rate shift every token until the encoder is of no use.
    pub fn rates(&self) -> (f64, f64) {
        if self.rank > 0 {
            (2.0, 0.1)
        } else {
            let whole = Options::default();
            (whole.head_rate, whole.mark_rate)
        }
    }

    /// A network with these weights, and fresh heads where they have none.
    pub fn network(&self, args: &TrainArgs, heads: &[HeadSpec], tags: i64) -> Result<Network> {
        tch::manual_seed(args.seed as i64);
        let device = tch::Device::Cpu;
        let mut weights = self.untouched.to_device(device);
        weights.overlay(self.own.to_device(device));
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
            self.own.to_device(tch::Device::Cpu)
        } else {
            Weights::default()
        };
        for (name, value) in network.body.vs.variables() {
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

/// The own weights of the models named, or the mean of several.
fn own(names: &[String], sources: &[Source], untouched: &Weights) -> Result<Weights> {
    let mut all = sources
        .iter()
        .map(Source::load)
        .collect::<Result<Vec<_>>>()?;
    if all.len() < 2 {
        return Ok(all.pop().unwrap_or_default());
    }
    if let Some(at) =
        (1..all.len()).find(|&i| (all[i].adapter_rank() > 0) != (all[0].adapter_rank() > 0))
    {
        return Err(Error::Usage(format!(
            "--init {} and --init {}: one has adapters, the other was trained as a whole; there is no mean of the two",
            names[0], names[at]
        )));
    }
    // What one has left as it is in the encoder.
    let changed: std::collections::BTreeSet<String> = all
        .iter()
        .flat_map(|w| w.iter().map(|(name, _)| name.to_string()))
        .collect();
    for w in &mut all {
        w.complete(changed.iter().map(String::as_str), untouched);
    }
    Weights::mean(&all)
}
