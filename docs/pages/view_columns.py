"""What the columns of views mean, where no table's column of the same name says it."""

from __future__ import annotations

from warehouse.schema import TABLES

_SHARED = {
    "paraphrased": "whether its group is a paraphrase family (or the kind is not known)",
    "n_choices": "number of options",
    "chance": "what choosing at random gets: one over the options",
    "right_place": "1-based place of the right option in stored order",
    "answerable": "whether it has a right option whose text no other option repeats",
    "identical_options": "whether another option repeats the text of the right one",
    "abstentions": "letters of the options that do nothing but decline to answer",
    "model": "name of the model",
    "majority_letter": "credit of always choosing the concept's commonest right letter",
    "longer_option": "credit of always choosing the longest option",
    "unaware_option": "credit of choosing the option that says someone is unaware",
    "plan_length": "credit of judging plans by their number of steps",
    "option_prior": "credit of choosing the text that was right most often in other families",
    "n_samples": "replies",
    "n_valid": "replies that could be read",
    "value_if_missing_wrong": "`value`, each reply that could not be read counted wrong",
    "value_if_missing_right": "`value`, each reply that could not be read counted right",
    "first_shown": "share of replies that choose the option shown first; NULL if none is shown",
    "abstained": "share of replies that choose an option to decline; NULL without such an option",
    "right_to_abstain": "whether declining is the right answer",
    "refused": "share of replies that refuse",
    "unparseable": "share of replies that name no option, or more than one",
    "n_wordings": "wordings of the family",
    "missing": "whether an order that was asked has no readable reply",
    "n_orders": "orders of the options in which it was asked",
    "n_responses": "replies, over all orders",
    "cross_order_pairs": "pairs of readable replies under two different orders, counted twice",
    "steps": "into how many equal steps the value of one question can fall",
    "same_choice": "share of pairs of replies under different orders that choose the same option",
    "n_values": "samples that the scorer gave a value",
    "total": "sum of the values",
    "lowest": "smallest value",
    "highest": "largest value",
    "first_value": "accuracy under the first condition",
    "other_value": "accuracy under the other condition",
    "day": "day on which the tries were sent (UTC)",
    "attempts": "tries that may have cost money",
    "unknown_outcomes": "of these, tries whose outcome nobody learned",
    "unpriced": "answers whose price is not known",
    "in_batches": "tries in a provider's batch",
    "fold": "in which of five folds, 0 to 4, its group is held out",
    "shown": "stored options in the order shown, as `AB`; `-` if none is shown",
    "replied": "letter, in stored order, of the option that was appended; NULL before any reply",
    "truth": "whether the label is true of this state",
    "plain_id": "the condition that is the same but for the intervention",
    "direction_kind": "how the direction was made, as `directions.kind`",
    "beside": "of a random direction the direction it stands beside, else NULL",
    "edit": "what was done along the direction, as `interventions.kind`",
    "first_shift": "change of the log-probability margin of the option shown first (nats); NULL "
    "if none is shown",
    "right_shift": "change of the margin of the right option over the wrong one (nats)",
    "text_shift": "change of the log-probability of the right option's reply (nats)",
    "correct": "share of orders in which the right option is the more probable, a tie one half",
    "temperature": "of sampling; 0 where the most probable token was taken, or nothing is said",
    "compliant": "whether it could be read",
    "target_id": "the model whose answer is predicted",
    "target_condition_id": "how it was asked",
    "predictor_id": "the model that predicts it",
    "predictor_condition_id": "how that was asked",
    "actual": "value of the answer's property",
    "predicted": "value that was predicted",
    "answer_compliant": "whether the answer has a value",
    "prediction_compliant": "whether the prediction could be read",
    "trained_on": "whether the predictor was trained on this string, or it is of the split `train`",
    "answer_key": "`request_key` of the answer",
    "prediction_key": "`request_key` of the prediction",
    "most_unknown_usd": "the most that tries without a known outcome can have cost",
}

_OF_A_VIEW = {
    ("question_facts", "concept"): "what the question is about; the data set where none is given",
    ("property_values", "value"): "value of the property, in the form in which values are compared",
    ("predictions", "value"): "value that was predicted, in the same form",
    ("prediction_pairs", "correct"): "whether the two are equal; NULL if the answer has no value",
    ("probe_labels", "label"): "what is told apart: `right` or `answer`",
    ("steered_shifts", "family"): "of a random direction: isotropic, covariance or shuffled",
    ("steered_shifts", "kl"): "divergence of the steered next-token distribution from the "
    "unsteered one (nats), mean over orders",
    ("costs", "study"): "study of the run that sent them",
    ("costs", "prompt_tokens"): "tokens read, of answered tries",
    ("costs", "completion_tokens"): "tokens written, of answered tries",
    ("costs", "cost_usd"): "sum of the known prices in US dollars; NULL without any",
    ("order_answers", "value"): "share of replies that choose the right option",
    ("order_answers", "margin"): "mean margin of the replies",
    ("question_answers", "value"): "accuracy, mean over orders; NULL if missing",
    ("question_answers", "margin"): "margin, mean over orders; NULL if missing",
    ("family_answers", "value"): "probability that every wording is answered right",
    ("family_answers", "chance"): "the product of the wordings' chances",
    ("imported_scores", "n_responses"): "samples of the question under the condition",
    ("imported_scores", "value"): "mean of the values; NULL without one",
    ("question_pairs", "value"): "accuracy of the first condition less that of the other",
}


def meaning(view: str, column: str) -> str:
    """Return what a column of a view means; raise KeyError for one that nothing explains."""
    if (view, column) in _OF_A_VIEW:
        return _OF_A_VIEW[view, column]
    if column in _SHARED:
        return _SHARED[column]
    # A view names questions, models and conditions as responses do.
    for table in (TABLES["responses"], *TABLES.values()):
        for each in table.columns:
            if each.name == column:
                return each.doc
    raise KeyError(f"say what {view}.{column} means in docs/pages/view_columns.py")
