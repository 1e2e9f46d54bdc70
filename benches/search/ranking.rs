//! Ranking quality: nDCG@10 on the Cranfield collection (1,400 abstracts, 225
//! questions, 1,837 judgements).
//!
//! The folder holds `cran.all.1400`, `cran.qry` and `cranqrel`. A judgement of 1 to
//! 4 counts as relevant, -1 as not, as in the usual tools.

use std::{collections::HashMap, fs, path::Path};

use anyhow::{Context, ensure};

use leitl::server::context::index::{Document, Filter, Index, Query};

/// The least mean nDCG@10.
const FLOOR: f64 = 0.39;

/// How many abstracts, questions and judgements the collection has.
const SIZES: [usize; 3] = [1400, 225, 1837];

struct Abstract {
    number: String,
    title: String,
    text: String,
}

/// Prints the mean nDCG@10; whether it is good enough.
pub fn measure(folder: &Path) -> anyhow::Result<bool> {
    let reached = cranfield(folder)?;
    println!("Cranfield: nDCG@10 {reached:.3}, at least {FLOOR}");
    Ok(reached >= FLOOR)
}

fn cranfield(folder: &Path) -> anyhow::Result<f64> {
    let read = |name: &str| {
        fs::read_to_string(folder.join(name)).with_context(|| format!("cannot read {name}"))
    };
    let index = Index::new()?;
    let mut change = index.change()?;
    let abstracts = abstracts(&read("cran.all.1400")?);
    for document in &abstracts {
        let headings = [];
        change.add(&Document {
            source: "cranfield",
            path: &document.number,
            file_type: "txt",
            title: Some(&document.title),
            headings: &headings,
            text: &document.text,
        })?;
    }
    change.commit()?;

    let judgements = judgements(&read("cranqrel")?)?;
    let mut sum = 0.0;
    let questions = questions(&read("cran.qry")?);
    let judged = judgements.values().map(HashMap::len).sum();
    let sizes = [abstracts.len(), questions.len(), judged];
    ensure!(sizes == SIZES, "not the whole collection: {sizes:?}");
    for (number, question) in (1..).zip(&questions) {
        let query = Query::parse(question).map_err(anyhow::Error::msg)?;
        let found = index.search(&query, &Filter::default(), 10)?;
        let paths = found.hits.iter().map(|hit| hit.path.as_str());
        sum += judgements
            .get(&number)
            .map_or(0.0, |judged| ndcg(paths, judged));
    }
    Ok(sum / questions.len() as f64)
}

/// The records of one of Cranfield's files: `.I` begins a record, `.X` a field.
fn records(text: &str) -> Vec<HashMap<char, String>> {
    let mut records: Vec<HashMap<char, String>> = Vec::new();
    let mut field = None;
    for line in text.lines() {
        let mut letters = line.chars();
        match (letters.next(), letters.next(), letters.next()) {
            (Some('.'), Some('I'), _) => {
                let number = line.get(2..).unwrap_or_default().trim().to_owned();
                records.push(HashMap::from([('I', number)]));
                field = None;
            }
            (Some('.'), Some(name @ 'A'..='Z'), None) => field = Some(name),
            _ => {
                if let (Some(record), Some(name)) = (records.last_mut(), field) {
                    let value = record.entry(name).or_default();
                    value.push_str(line);
                    value.push('\n');
                }
            }
        }
    }
    records
}

fn abstracts(text: &str) -> Vec<Abstract> {
    let records = records(text).into_iter();
    records
        .map(|mut record| {
            let mut take = |name| record.remove(&name).unwrap_or_default();
            Abstract {
                number: take('I'),
                title: take('T'),
                text: take('W'),
            }
        })
        .collect()
}

fn questions(text: &str) -> Vec<String> {
    let records = records(text).into_iter();
    records
        .map(|mut record| record.remove(&'W').unwrap_or_default())
        .collect()
}

/// By the question's place in the file (its own number is another), the grade of
/// each judged abstract.
fn judgements(text: &str) -> anyhow::Result<HashMap<usize, HashMap<String, f64>>> {
    let mut judgements: HashMap<usize, HashMap<String, f64>> = HashMap::new();
    for line in text.lines() {
        let mut columns = line.split_whitespace();
        let (Some(question), Some(document), Some(grade)) =
            (columns.next(), columns.next(), columns.next())
        else {
            continue;
        };
        let question = question.parse()?;
        let grade: f64 = grade.parse()?;
        let judged = judgements.entry(question).or_default();
        judged.insert(document.to_owned(), if grade > 0.0 { 1.0 } else { 0.0 });
    }
    Ok(judgements)
}

fn ndcg<'a>(found: impl Iterator<Item = &'a str>, judged: &HashMap<String, f64>) -> f64 {
    let gain = |grades: &mut dyn Iterator<Item = f64>| -> f64 {
        let places = (2..12).map(|place| f64::from(place).log2());
        grades.zip(places).map(|(grade, place)| grade / place).sum()
    };
    let mut best: Vec<f64> = judged.values().copied().collect();
    best.sort_by(|a, b| b.total_cmp(a));
    let ideal = gain(&mut best.into_iter());
    let reached = gain(&mut found.map(|path| judged.get(path).copied().unwrap_or_default()));
    if ideal == 0.0 { 0.0 } else { reached / ideal }
}
